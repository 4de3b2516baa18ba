"""What was asked of another host is not carried out here, by none of the verbs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belts.files import write_private_json
from belts.runtimes.process import command, verbs
from belts.runtimes.process.errors import BadRequest, Refused
from belts.runtimes.process.files import host_identity
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import elsewhere
from belts.runtimes.process.wire.request import Request, from_json

ANOTHER = f"alice-laptop-{'0' * 16}"


def asked(root: Path, host: str = ANOTHER, **changes: Any) -> Request:
    known = {"version": 3, "part": "postgres", "root": str(root), "belt": "blue", "port": 1024, "host": host}
    return from_json({key: value for key, value in (known | changes).items() if value is not ...})


VERBS: dict[str, Callable[[Request], object]] = {
    "apply": verbs.apply,
    "check": lambda request: verbs.check([request]),
    "remove": verbs.remove,
    "check-remove": verbs.check_remove,
}


def named(root: Path) -> str:
    return host_identity.settle(root, host_identity.drawn())


@pytest.mark.parametrize(
    ("verb", "has_name"),
    [*((verb, True) for verb in VERBS), ("remove", False), ("check-remove", False)],
)
def test_a_request_for_another_host(tmp_path: Path, verb: str, *, has_name: bool) -> None:
    """Refused before anything is touched, with both names and the command that takes the stack over."""
    own = named(tmp_path) if has_name else None
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Refused, match="is not for this host; nothing was done") as refused:
        VERBS[verb](asked(tmp_path))
    assert refused.value.seen == f"one for {ANOTHER}"
    assert (own or "a host with a name") in refused.value.expected
    assert f"`pulumi config set adopt {ANOTHER} --stack blue`" in refused.value.now
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("host", ["", "own"])
def test_a_request_for_this_host(tmp_path: Path, host: str) -> None:
    """By its name, or by nobody's: what a release before this has asked goes on."""
    own = named(tmp_path)
    verbs.remove(asked(tmp_path, host and own))
    assert verbs.check_remove(asked(tmp_path, host and own, part="chains", port=..., **CHAINS)) == ()


def test_the_first_request(tmp_path: Path) -> None:
    """It names the root, unless another one was first: that one's name stays."""
    first, second = asked(tmp_path), asked(tmp_path, f"bob-host-{'1' * 16}")
    for request in (first, second):
        elsewhere.refuse(request, unnamed=True)
    elsewhere.settle(first)
    assert host_identity.own(tmp_path) == ANOTHER
    elsewhere.settle(first)
    with pytest.raises(Refused, match="not for this host") as refused:
        elsewhere.settle(second)
    assert refused.value.now.startswith("run the same again")
    assert host_identity.own(tmp_path) == ANOTHER


CHAINS: dict[str, Any] = {
    "chains": [{"id": 1, "port": 1024, "blockTime": 1}],
    "traffic": {"project": "/p", "seed": 1, "events": 100, "readyDeadlineSeconds": 60, "live": False},
}


@pytest.mark.parametrize("name", ["laptop", "<b>-0000000000000000", "a/../b-0000000000000000", "a\0", 7])
def test_a_name_that_is_none(tmp_path: Path, name: Any) -> None:
    """It is a mistake of the request, told with its path."""
    with pytest.raises(BadRequest, match="host: expected the name of a host"):
        asked(tmp_path, name)


def test_a_root_that_was_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is changed below it; what serves is brought back all the same, and that is said."""
    named(tmp_path)
    file = host_identity.file_of(tmp_path)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"root": "/elsewhere"}))
    for host in ("", ANOTHER):
        with pytest.raises(Refused, match="those of another host; nothing was done"):
            verbs.check([asked(tmp_path, host)])
    verbs.heal([Layout(root=tmp_path, belt="blue")])
    assert "its belts are brought back all the same" in capsys.readouterr().err


def test_a_home_that_is_a_link(tmp_path: Path) -> None:
    """To another disk it may lead; below another root it is a belt of that one, under another lock."""
    root, other, disk = (tmp_path / name for name in ("hosts", "others", "disk"))
    for place in (root, other, disk):
        (place / "blue").mkdir(parents=True)
    (root / "blue").rmdir()
    own, _ = named(root), named(other)
    (root / "blue").symlink_to(disk / "blue")
    elsewhere.refuse(asked(root, own))
    (root / "blue").unlink()
    (root / "blue").symlink_to(other / "blue")
    for verb in VERBS.values():
        with pytest.raises(Refused, match="below another root") as refused:
            verb(asked(root, own))
        assert str(other / "blue") in refused.value.seen


def test_adopting_tells_every_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an operator types next, for each belt of the root."""
    layout = Layout(root=tmp_path, belt="blue")
    write_private_json(layout.request("postgres"), asked(tmp_path).raw)
    assert command.main(["adopt", "--root", str(tmp_path)]) == 0
    assert f"blue: to take the stack over: `pulumi config set adopt {ANOTHER}" in capsys.readouterr().err
