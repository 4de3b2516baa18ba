"""What is asked of the kernel, by a strict stand-in; the live tests ask the kernel itself."""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process.confine import landlock
from belts.runtimes.process.confine.landlock import Kernel

BITS = {0: 0, 1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16, 7: 16, 8: 16, 9: 17}
"""How many rights of files each version knows."""


class Strict:
    """Refuses what a kernel of this version would refuse."""

    def __init__(self, version: int, *, fails: int | None = None) -> None:
        self.version, self.fails = version, fails
        self.rules: dict[str, int] = {}
        self.handled, self.scopes, self.restricted = 0, 0, False
        self.error = 0

    def __call__(self, number: int, *given: Any) -> int:
        refusal = self._refusal(number, given) if number != self.fails else 7
        self.error = refusal or 0
        if refusal:
            return -1
        if number == landlock.CREATE:
            return self.version if given[0] is None else os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        return 0

    def _refusal(self, number: int, given: tuple[Any, ...]) -> int | None:
        if self.version == 0:
            return 38
        if number == landlock.CREATE:
            return self._of_a_ruleset(given)
        if number == landlock.ADD:
            return self._of_a_rule(given[2]._obj)
        assert number == landlock.RESTRICT
        assert given[1].value == 0
        self.restricted = True
        return None

    def _of_a_ruleset(self, given: tuple[Any, ...]) -> int | None:
        if given[0] is None:
            return None if given[2].value == 1 else 22
        self.handled, self.scopes = given[0]._obj.files, given[0]._obj.scopes
        known = (1 << BITS[self.version]) - 1
        most = 8 if self.version < 4 else 16 if self.version < 6 else 24
        return 22 if self.handled & ~known else 7 if given[1].value > most else None

    def _of_a_rule(self, rule: Any) -> int | None:
        place = Path(f"/proc/self/fd/{rule.place}").readlink()
        self.rules[str(place)] = rule.allowed
        of_a_file = not place.is_dir() and rule.allowed & ~landlock.OF_A_FILE
        return 22 if of_a_file or not rule.allowed or rule.allowed & ~self.handled else None


def kernel(strict: Strict) -> Kernel:
    return Kernel(strict, lambda: strict.error)


@pytest.mark.parametrize("version", range(1, 10))
def test_every_version(tmp_path: Path, version: int) -> None:
    """All that it can deny is denied, but to read what is named, and to write to one folder."""
    strict = Strict(version)
    (tmp_path / "code").mkdir()
    (tmp_path / "work").mkdir()
    done = landlock.restrict(
        read=[str(tmp_path / "code"), str(tmp_path / "gone")],
        write=[str(tmp_path / "work")],
        here=kernel(strict),
    )
    assert done
    assert strict.restricted
    assert strict.handled == (1 << BITS[version]) - 1
    assert strict.scopes == (3 if version >= 6 else 0)
    assert strict.rules[str(tmp_path / "code")] == landlock.READ & strict.handled
    met = {place for place, allowed in strict.rules.items() if allowed & landlock.MEET}
    assert (str(tmp_path / "code") in met) is (version >= landlock.SOCKETS_SINCE)
    assert not {place for place in met if place.startswith("/run/") and "resolv" not in place}
    assert strict.rules[str(tmp_path / "work")] & landlock.WRITE_FILE
    writable = {place for place, allowed in strict.rules.items() if allowed & landlock.WRITE_FILE}
    assert writable <= {str(tmp_path / "work"), *landlock.DEVICES}
    assert not {place for place in strict.rules if place in {"/", "/home", "/root", "/var", "/etc", "/proc"}}


def test_a_resolver_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directories that it is written to are read, whatever lies in them then; not where passwords do."""
    allowed: list[str] = []
    monkeypatch.setattr(landlock, "_allow", lambda _here, _ruleset, place, _rights: allowed.append(place))
    assert landlock.restrict(read=[], write=[], here=kernel(Strict(7)))
    assert {place for place in allowed if place.startswith("/run")} == {
        "/run/systemd/resolve",
        "/run/resolvconf",
    }


def test_a_kernel_without_it() -> None:
    """It is said, and nothing is promised."""
    assert landlock.version(kernel(Strict(0))) == 0
    assert not landlock.restrict(read=[], write=[], here=kernel(Strict(0)))


@pytest.mark.parametrize("call", [landlock.ADD, landlock.RESTRICT])
def test_a_call_that_fails(call: int) -> None:
    """Who was to be kept does not run freer than was promised."""
    with pytest.raises(OSError, match="Landlock cannot be taken on"):
        landlock.restrict(read=[], write=[], here=kernel(Strict(7, fails=call)))


def test_this_kernel(tmp_path: Path) -> None:
    """For real, in a child: it reads what it was left, and nothing else."""
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    (tmp_path / "code").mkdir()
    for place in ("code/own", "other"):
        (tmp_path / place).write_text("x")

    def tries() -> str:
        ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
        assert landlock.restrict(read=[str(tmp_path / "code")], write=[])
        return " ".join(
            _ended(act)
            for act in (
                (tmp_path / "code" / "own").read_text,
                (tmp_path / "other").read_text,
                (tmp_path / "code" / "new").touch,
                lambda: os.kill(os.getppid(), 0),
            )
        )

    refused = "PermissionError" if landlock.version() >= landlock.SCOPES_SINCE else "done"
    assert _in_a_child(tries) == f"done PermissionError PermissionError {refused}"


def _ended(act: Callable[[], object]) -> str:
    try:
        act()
    except OSError as fault:
        return type(fault).__name__
    return "done"


def _in_a_child(act: Callable[[], str]) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, act().encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = told.read()
    os.waitpid(child, 0)
    return said
