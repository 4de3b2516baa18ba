"""Where the Pulumi engine comes from, in order: the machine, the cache, the release, its own source."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.checkout import Checkout
from tools.failure import ReleaseUnverified
from tools.machine import Machine
from tools.program import Programs, Running
from tools.progress import Board
from tools.pulumi.engine import PROGRAMS, PulumiEngine
from tools.pulumi.release import Source
from tools.pulumi.version import PINNED

pytestmark = pytest.mark.live

ARCHIVE = f"pulumi-v{PINNED}-linux-x64.tar.gz"
NOWHERE = Source(archives="http://127.0.0.1:1", checksums="http://127.0.0.1:1/SUMS")
# Answers as Go does to what the build asks of it, and notes where it was told to keep things.
GO = """#!/bin/sh
case "$1" in
version) echo "go version go1.26.8 linux/amd64" ;;
build)
    env | grep -E '^(GOPATH|GOMODCACHE|GOCACHE|GOTMPDIR|XDG_CONFIG_HOME|GOTOOLCHAIN|CGO_ENABLED)=' >"$NOTES"
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$GOCACHE" && echo a/package && printf '#!/bin/sh\\n' >"$2" && chmod +x "$2" ;;
list)
    if [ "$2" = -deps ]; then echo "go: downloading a v1" >&2; echo a/package; exit; fi
    mkdir -p "$GOPATH/m/python/cmd" "$GOPATH/m/python/dist"
    cd "$GOPATH/m/python"
    touch cmd/pulumi-language-python-exec dist/pulumi-resource-pulumi-python
    echo "$GOPATH/m" ;;
esac
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def published(tmp_path: Path) -> Path:
    (tmp_path / "published").mkdir()
    return tmp_path / "published"


@pytest.fixture
def source(published: Path) -> Iterator[Source]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(published)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield Source(archives=url, checksums=f"{url}/SUMS")
    server.shutdown()
    server.server_close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "checkout").mkdir()
    return Checkout(root=tmp_path / "checkout", cache=tmp_path / "cache")


@pytest.fixture
def machines(tmp_path: Path) -> Path:
    """The folder of the machine's own programs, with a Go."""
    (tmp_path / "bin").mkdir()
    _write(tmp_path / "bin" / "go", GO)
    return tmp_path / "bin"


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _publish(published: Path, *, broken: bool = False) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for name in PROGRAMS:
            member = tarfile.TarInfo(f"pulumi/{name}")
            member.mode = 0o755
            archive.addfile(member)
    content = sink.getvalue()
    (published / ARCHIVE).write_bytes(content + b"more" if broken else content)
    (published / "SUMS").write_text(f"{hashlib.sha256(content).hexdigest()}  {ARCHIVE}\n")


def _run(checkout: Checkout, machines: Path, *places: Source) -> str:
    told = io.StringIO()
    path = f"{machines}:/usr/bin:/bin"
    engine = PulumiEngine(
        checkout=checkout,
        programs=Programs(running=Running(), logs=checkout.logs),
        machine=Machine(system="linux", processor="amd64"),
        environ={
            "BELTS_UNPINNED": "pulumi",
            "PATH": path,
            "HOME": str(machines.parent / "home"),
            "NOTES": str(machines / "notes"),
        },
        places=places,
    )
    engine.run(Board(told, live=False).lane("pulumi"))
    assert all(path.exists() for path in engine.results())
    return told.getvalue()


def test_the_machines_own_comes_first(
    checkout: Checkout, machines: Path, published: Path, source: Source
) -> None:
    _publish(published)
    _write(machines / "pulumi", "#!/bin/sh\necho v3.261.0\n")
    _write(machines / "pulumi-language-python", "#!/bin/sh\n")
    assert f"using {machines / 'pulumi'} (3.261.0), found on PATH" in _run(checkout, machines, source)
    assert (checkout.bin / "pulumi").samefile(machines / "pulumi")
    assert not checkout.cache.exists()


def test_an_old_one_is_passed_over_for_the_release(
    checkout: Checkout, machines: Path, published: Path, source: Source
) -> None:
    _publish(published)
    _write(machines / "pulumi", "#!/bin/sh\necho v3.100.0\n")
    said = _run(checkout, machines, source)
    assert "is 3.100.0; 3.250.0 or newer is needed" in said
    assert f"downloading the official release {PINNED}: done" in said
    assert (checkout.bin / "pulumi").resolve().is_relative_to(checkout.cache)
    assert not (machines / "notes").exists()


def test_a_second_checkout_takes_what_the_cache_has(
    checkout: Checkout, machines: Path, published: Path, source: Source
) -> None:
    """Without asking any host."""
    _publish(published)
    _run(checkout, machines, source)
    other = Checkout(root=checkout.root.parent / "other", cache=checkout.cache)
    other.root.mkdir()
    assert f"using {checkout.cache}" in _run(other, machines)
    assert (other.bin / "pulumi").samefile(checkout.bin / "pulumi")


def test_without_a_release_it_is_built_and_build_caches_are_dropped(
    checkout: Checkout, machines: Path
) -> None:
    """Go keeps everything below one folder, gone afterwards; no C compiler, no newer Go is asked for."""
    said = _run(checkout, machines, NOWHERE)
    assert "no official release: http://127.0.0.1:1/SUMS cannot be read" in said
    assert f"building Pulumi {PINNED} from source" in said
    notes = dict(line.split("=", 1) for line in (machines / "notes").read_text().splitlines())
    assert (notes.pop("GOTOOLCHAIN"), notes.pop("CGO_ENABLED")) == ("local", "0")
    assert len(notes) == 5
    assert all(Path(place).is_relative_to(checkout.cache) for place in notes.values())
    assert not any(Path(place).exists() for place in notes.values())
    place = (checkout.bin / "pulumi").resolve().parent
    assert sorted(path.name for path in checkout.cache.iterdir()) == [place.name, f"{place.name}.lock"]
    assert sorted(path.name for path in place.iterdir()) == sorted(PROGRAMS)
    assert not (machines.parent / "home").exists()


def test_a_tampered_release_stops_the_set_up(
    checkout: Checkout, machines: Path, published: Path, source: Source
) -> None:
    """Building instead would hide that somebody changes downloads."""
    _publish(published, broken=True)
    with pytest.raises(ReleaseUnverified):
        _run(checkout, machines, source)
    assert not (checkout.bin / "pulumi").exists()


def test_a_download_that_breaks_off_is_followed_by_the_build(
    checkout: Checkout, machines: Path, published: Path, source: Source
) -> None:
    _publish(published)
    (published / ARCHIVE).unlink()
    said = _run(checkout, machines, source)
    assert "the download broke off" in said
    assert f"building Pulumi {PINNED} from source" in said


def test_when_the_machine_gets_a_pulumi_it_is_noticed(checkout: Checkout, machines: Path) -> None:
    engine = PulumiEngine(
        checkout=checkout,
        programs=Programs(running=Running(), logs=checkout.logs),
        machine=Machine(system="linux", processor="amd64"),
        environ={"PATH": str(machines)},
    )
    before = engine.inputs()
    _write(machines / "pulumi", "#!/bin/sh\necho v3.261.0\n")
    assert engine.inputs() != before
