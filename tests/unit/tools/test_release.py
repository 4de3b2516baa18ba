"""The official release: only with a matching checksum, and never something outside its folder."""

import hashlib
import io
import socket
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.failure import ReleaseUnverified
from tools.machine import Machine
from tools.pins import PULUMI, let_in, listing
from tools.pulumi.release import Checksum, NoOffer, Offer, Source, fetch, find_checksum, look, unpack
from tools.pulumi.version import PINNED

MACHINE = Machine(system="linux", processor="amd64")
ARCHIVE = f"pulumi-v{PINNED}-linux-x64.tar.gz"
SHA256, SHA512 = "a" * 64, "b" * 128


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    folder.mkdir()
    return folder


@pytest.fixture
def source(published: Path) -> Iterator[Source]:
    """A host that publishes what lies in the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(published)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield Source(archives=url, checksums=f"{url}/SUMS")
    server.shutdown()
    server.server_close()


def _archive(*names: str, link: str | None = None) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.mode, member.size = 0o755, 4
            archive.addfile(member, io.BytesIO(b"made"))
        if link:
            member = tarfile.TarInfo("pulumi/pulumi-link")
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
    return sink.getvalue()


def _work(tmp_path: Path) -> Path:
    (tmp_path / "work" / "out").mkdir(parents=True)
    return tmp_path / "work"


def test_a_published_release_is_fetched_and_unpacked(source: Source, published: Path, tmp_path: Path) -> None:
    content = _archive("pulumi/pulumi", "pulumi/pulumi-language-python")
    (published / ARCHIVE).write_bytes(content)
    (published / "SUMS").write_text(f"{hashlib.sha512(content).hexdigest()}  {ARCHIVE}\n")
    offer = look(PINNED, MACHINE, (source,), unpinned=True)
    assert isinstance(offer, Offer)
    work, seen = _work(tmp_path), []
    fetch(offer, work, progress=lambda got, size: seen.append((got, size)))
    assert sorted(each.name for each in (work / "out").iterdir()) == ["pulumi", "pulumi-language-python"]
    assert seen[-1] == (len(content), len(content))


def test_an_archive_with_another_checksum_is_not_unpacked(
    source: Source, published: Path, tmp_path: Path
) -> None:
    (published / ARCHIVE).write_bytes(_archive("pulumi/pulumi"))
    (published / "SUMS").write_text(f"{SHA256}  {ARCHIVE}\n")
    offer = look(PINNED, MACHINE, (source,), unpinned=True)
    assert isinstance(offer, Offer)
    work = _work(tmp_path)
    with pytest.raises(ReleaseUnverified, match="was not unpacked"):
        fetch(offer, work, progress=lambda *_: None)
    assert list((work / "out").iterdir()) == []


def test_a_release_that_is_not_pinned(source: Source, published: Path) -> None:
    """Its host, which could change list and archive alike, is not asked; the operator can say otherwise."""
    (published / "SUMS").write_text(f"{SHA256}  {ARCHIVE}\n")
    offer = look(PINNED, MACHINE, (source,), pinned=f"{SHA256}  another.tar.gz")
    assert isinstance(offer, NoOffer)
    for word in (ARCHIVE, "tools/pins.txt", "BELTS_UNPINNED=pulumi make setup"):
        assert word in offer.reason


def test_a_release_that_is_not_what_was_pinned(source: Source, published: Path, tmp_path: Path) -> None:
    """Whatever its host lists beside it, and whatever is let in."""
    content = _archive("pulumi/pulumi")
    (published / ARCHIVE).write_bytes(content)
    (published / "SUMS").write_text(f"{hashlib.sha256(content).hexdigest()}  {ARCHIVE}\n")
    offer = look(PINNED, MACHINE, (source,), pinned=f"{SHA256}  {ARCHIVE}\n", unpinned=True)
    assert isinstance(offer, Offer)
    with pytest.raises(ReleaseUnverified, match=SHA256):
        fetch(offer, _work(tmp_path), progress=lambda *_: None)


def test_pins_are_hashes_of_files() -> None:
    """Every line that is no comment is one, and what let in is named in the words that setup knows."""
    root = Path(__file__).resolve().parents[3]
    for line in listing(root).splitlines():
        assert find_checksum(line, line.split()[-1])
    assert let_in({"BELTS_UNPINNED": "pulumi"}, PULUMI)
    assert not let_in({"BELTS_UNPINNED": "1"}, PULUMI)
    assert not let_in({}, PULUMI)


def test_a_release_without_a_checksum_is_no_offer(source: Source, published: Path) -> None:
    (published / ARCHIVE).write_bytes(_archive("pulumi/pulumi"))
    (published / "SUMS").write_text(f"{SHA256}  pulumi-v{PINNED}-windows-x64.zip\n")
    offer = look(PINNED, MACHINE, (source,), unpinned=True)
    assert isinstance(offer, NoOffer)
    assert f"lists no {ARCHIVE}" in offer.reason


def test_the_second_host_is_asked_when_the_first_is_silent(source: Source, published: Path) -> None:
    (published / "SUMS").write_text(f"{SHA256}  {ARCHIVE}\n")
    refused = Source(archives="http://127.0.0.1:1", checksums="http://127.0.0.1:1/SUMS")
    offer = look(PINNED, MACHINE, (refused, source), unpinned=True)
    assert isinstance(offer, Offer)
    assert offer.url == f"{source.archives}/{ARCHIVE}"


def test_a_host_that_never_answers_is_left(published: Path) -> None:
    """It accepts the connection and stays silent; the person does not wait longer than the limit."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        offer = look(
            PINNED, MACHINE, (Source(archives=url, checksums=f"{url}/SUMS"),), unpinned=True, within=0.2
        )
    assert isinstance(offer, NoOffer)
    assert url in offer.reason


@pytest.mark.parametrize(
    ("listing", "checksum"),
    [
        (f"{SHA256}  {ARCHIVE}", Checksum(algorithm="sha256", digest=SHA256)),
        (f"{SHA512} *./{ARCHIVE}", Checksum(algorithm="sha512", digest=SHA512)),
        (f"{SHA256}  {ARCHIVE}.sig\n{SHA256}  x-{ARCHIVE}", None),
        (f"{'a' * 40}  {ARCHIVE}", None),
        (f"{'z' * 64}  {ARCHIVE}", None),
        ("<html><body>Sign in</body></html>", None),
        ("", None),
    ],
)
def test_checksums_are_read_as_the_tools_write_them(listing: str, checksum: Checksum | None) -> None:
    assert find_checksum(listing, ARCHIVE) == checksum


def test_only_programs_of_the_releases_folder_are_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    names = ("pulumi/pulumi", "pulumi/../../evil", "/etc/pulumi-evil", "other/pulumi", "pulumi/sub/pulumi-x")
    archive.write_bytes(_archive(*names, link="/etc/passwd"))
    (tmp_path / "out").mkdir()
    unpack(archive, tmp_path / "out")
    assert sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*")) == [
        "a.tar.gz",
        "out",
        "out/pulumi",
    ]
