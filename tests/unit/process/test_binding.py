"""A belt is kept by the toolchain that it was brought up with, until it is told otherwise."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from belts.refusal import Relayed
from belts.runtimes.process import binding, damage, kept_code, lease_files, status, toolchain, verbs
from belts.runtimes.process.binding import Toolchain
from belts.runtimes.process.command import main
from belts.runtimes.process.database import major
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.keep import keeper
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.parts.part import Part
from belts.runtimes.process.supervise import supervisord
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request, from_json, written
from tests.unit.belts.specs import belt as spec

OTHER = """
import json, sys
from pathlib import Path
Path(__file__).with_name("asked.json").write_text(json.dumps([sys.argv[1:], sys.stdin.read()]))
print("from the other one")
sys.exit(int(Path(__file__).with_name("ends").read_text()))
"""


@dataclass
class Ups:
    """A part that counts how often it was brought up."""

    times: list[str] = field(default_factory=list)

    def apply(self, layout: Layout, _request: Any, /) -> Mapping[str, Any]:
        self.times.append(layout.belt)
        return {}

    def remove(self, _layout: Layout, /) -> None:
        """There is nothing."""


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Ups:
    found = Ups()
    monkeypatch.setitem(PARTS, "engine", Part(module=lambda: found))
    return found


@pytest.fixture
def request_(tmp_path: Path, free_port: Callable[[], int]) -> Request:
    raw = written(spec())["engine"] | {"root": str(tmp_path / "hosts"), "port": free_port()}
    return from_json(raw | {"generation": "g1"})


@pytest.fixture
def other(tmp_path: Path) -> Toolchain:
    """Another version, set up beside this one; it notes what it is asked."""
    checkout = tmp_path / "other"
    (checkout / "belts").mkdir(parents=True)
    (checkout / "belts" / "__init__.py").touch()
    (checkout / "belts" / "__main__.py").write_text(OTHER)
    (checkout / "belts" / "ends").write_text("0")
    return Toolchain(checkout=checkout, code=checkout, python=Path(sys.executable), packages="")


def asked(other: Toolchain) -> tuple[list[str], str] | None:
    file = other.code / "belts" / "asked.json"
    return tuple(json.loads(file.read_text())) if file.is_file() else None


def kept_by(other: Toolchain, layout: Layout) -> None:
    binding.file_of(layout).write_text(json.dumps(binding.written(other)))


def test_it_is_noted_with_the_first_part(part: Ups, request_: Request) -> None:
    """And goes with the last one."""
    verbs.apply(request_)
    assert binding.of_belt(request_.layout) == binding.here()
    assert binding.elsewhere(request_.layout) is None
    verbs.remove_belt(request_.layout)
    assert not binding.file_of(request_.layout).exists()


def test_what_another_one_keeps_is_handed_over(
    part: Ups, request_: Request, other: Toolchain, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`heal` and `check` of this one change nothing: the other does it, whatever directory we stand in."""
    verbs.apply(request_)
    kept_by(other, request_.layout)
    monkeypatch.chdir(toolchain.CHECKOUT)
    verbs.heal(recorded.belts(request_.root))
    assert asked(other) == (["heal", "--root", str(request_.root), "blue"], "")
    verbs.check([request_])
    argv, question = asked(other) or ([], "")
    assert (argv, json.loads(question)) == (["check"], [request_.raw])
    assert part.times == ["blue"]
    assert binding.of_belt(request_.layout) == other
    assert "takes over" not in status.as_table([request_.layout])
    assert f"kept by the toolchain in {other.checkout}" in status.as_table([request_.layout])


def test_an_update_of_what_another_one_keeps(
    part: Ups,
    request_: Request,
    other: Toolchain,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Its result is the other's, and so is its end; how to change that is said."""
    verbs.apply(request_)
    kept_by(other, request_.layout)
    text = json.dumps(request_.raw)
    monkeypatch.setattr("sys.stdin.read", lambda: text, raising=False)
    assert main(["apply"]) == 0
    said = capfd.readouterr()
    assert said.out == "from the other one\n"
    assert f"python -m belts bind --root {request_.root} blue" in said.err
    assert asked(other) == (["apply"], text)
    (other.code / "belts" / "ends").write_text("1")
    assert main(["apply"]) == 1
    assert part.times == ["blue"]


def test_one_that_fails_keeps_nobody_from_the_others(
    part: Ups, request_: Request, other: Toolchain, free_port: Callable[[], int]
) -> None:
    """The belt that could not be handed over is summed up with those that are not healed."""
    verbs.apply(request_)
    green = from_json(request_.raw | {"belt": "green", "port": free_port()})
    recorded.record(green)
    kept_by(other, request_.layout)
    (other.code / "belts" / "ends").write_text("1")
    with pytest.raises(Refused, match="1 of 2 belts is not healed"):
        verbs.heal([request_.layout, green.layout])
    assert part.times == ["blue", "green"]
    with pytest.raises(Relayed, match="did not do it"):
        verbs.heal([request_.layout])


@pytest.mark.parametrize("lost", ["python", "code", "packages"])
def test_a_toolchain_that_is_gone(part: Ups, request_: Request, other: Toolchain, lost: str) -> None:
    """Nothing is started by what is left of it, nor by this one."""
    verbs.apply(request_)
    changed = {"python": Path("/nowhere/python"), "code": Path("/nowhere"), "packages": "others"}
    kept_by(replace(other, **{lost: changed[lost]}), request_.layout)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="is not there any more") as refusal:
        verbs.heal([request_.layout])
    assert f"python -m belts bind --root {request_.root} blue" in refusal.value.now
    assert asked(other) is None
    assert part.times == ["blue"]


def test_it_is_told_otherwise(part: Ups, request_: Request, other: Toolchain) -> None:
    """This one takes it over, forgets what the other started, and brings up all that was asked for."""
    verbs.apply(request_)
    kept_by(other, request_.layout)
    request_.layout.programs.mkdir(parents=True)
    (request_.layout.programs / "engine.conf").write_text("[program:engine]\ncommand=the other's\n")
    assert main(["bind", "--root", str(request_.root), "blue"]) == 0
    assert binding.of_belt(request_.layout) == binding.here()
    assert part.times == ["blue", "blue"]
    assert list(request_.layout.programs.iterdir()) == []
    assert asked(other) is None


@pytest.mark.parametrize(("knows", "words"), [(True, ["keep", "--once"]), (False, ["heal"])])
def test_what_died_of_what_another_one_keeps(
    part: Ups, request_: Request, other: Toolchain, knows: bool, words: list[str]
) -> None:
    """The other's keeper brings it back, and no more than that; a version without one heals it."""
    verbs.apply(request_)
    kept_by(other, request_.layout)
    if knows:
        (other.code / "belts" / "runtimes" / "process" / "keep").mkdir(parents=True)
    keeper.once((request_.layout,))
    assert asked(other) == ([*words, "--root", str(request_.root), "blue"], "")
    assert part.times == ["blue"]


def test_a_dead_belt_of_which_nothing_can_be_read_here(
    part: Ups, request_: Request, other: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own toolchain, a later version say, is asked all the same: it starts what its supervisor kept."""
    verbs.apply(request_)
    kept_by(other, request_.layout)
    file = request_.layout.request("engine")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"version": 99}))
    begun: list[list[str]] = []

    class Begun:
        def __init__(self, command: list[str], **_: Any) -> None:
            begun.append(command)

        def poll(self) -> None:
            """It is at work."""

    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", Begun)
        keeping = keeper._Keeping()
        keeping.look((request_.layout,))
        assert begun == []
        request_.layout.programs.mkdir(parents=True)
        (request_.layout.programs / "engine.conf").write_text("[program:engine]\ncommand=the other's\n")
        keeping.look((request_.layout,))
        keeping.look((request_.layout,))
    assert [command[2:] for command in begun] == [
        ["belts", "keep", "--once", "--root", str(request_.root), "blue"]
    ]
    keeper.once((request_.layout,))
    assert asked(other) is not None
    assert part.times == ["blue"]


def test_a_belt_that_cannot_be_ended(
    part: Ups, request_: Request, other: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays the other's, as what started it does."""

    def slow(_: Layout) -> None:
        raise TimeoutError("systemctl did not end")

    verbs.apply(request_)
    kept_by(other, request_.layout)
    request_.layout.programs.mkdir(parents=True)
    section = request_.layout.programs / "engine.conf"
    section.write_text("[program:engine]\ncommand=the other's\n")
    monkeypatch.setattr(supervisord, "shut_down", slow)
    with pytest.raises(TimeoutError):
        verbs.bind(request_.layout)
    assert binding.of_belt(request_.layout) == other
    assert section.exists()


def test_a_belt_that_serves_is_not_taken_over(
    part: Ups, request_: Request, other: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be restarted under its consumers."""
    verbs.apply(request_)
    kept_by(other, request_.layout)
    lease_files.serve(request_.layout.home, gateway="gateway")
    monkeypatch.setattr(supervisord, "pid", lambda _: 7)
    with pytest.raises(Refused, match="may not change its toolchain now") as refusal:
        verbs.bind(request_.layout)
    assert "serves for gateway" in refusal.value.seen
    assert binding.of_belt(request_.layout) == other
    assert part.times == ["blue"]


@pytest.mark.parametrize("lost", ["checkout", "note"])
def test_a_belt_that_served_and_is_dead(part: Ups, request_: Request, other: Toolchain, lost: str) -> None:
    """Where its own toolchain is gone, or nobody can tell which it was, this one brings it back."""
    verbs.apply(request_)
    kept_by(replace(other, code=Path("/nowhere")), request_.layout)
    if lost == "note":
        binding.file_of(request_.layout).write_text("{")
    lease_files.serve(request_.layout.home, gateway="gateway")
    with pytest.raises(Refused, match="toolchain") as refusal:
        verbs.heal([request_.layout])
    assert "python -m belts bind" in refusal.value.now
    verbs.bind(request_.layout)
    assert binding.of_belt(request_.layout) == binding.here()
    assert part.times == ["blue", "blue"]
    assert lease_files.holding(request_.layout.home)


def test_what_a_later_release_asked_for_is_not_taken_over(
    part: Ups, request_: Request, other: Toolchain
) -> None:
    """Going back is possible until a later form was written."""
    verbs.apply(request_)
    kept_by(other, request_.layout)
    file = request_.layout.request("engine")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"version": 99}))
    with pytest.raises(Refused, match="cannot be read") as refusal:
        verbs.bind(request_.layout)
    assert refusal.value.now == "run this with that release"
    assert binding.of_belt(request_.layout) == other


def test_a_note_of_a_later_release(part: Ups, request_: Request, other: Toolchain) -> None:
    """It is neither read nor written over, and what it started runs on."""
    verbs.apply(request_)
    request_.layout.programs.mkdir(parents=True)
    (request_.layout.programs / "engine.conf").touch()
    later = json.dumps(dict(binding.written(other)) | {"version": 2})
    binding.file_of(request_.layout).write_text(later)
    with pytest.raises(Refused) as healed:
        verbs.heal([request_.layout])
    with pytest.raises(Refused) as bound:
        verbs.bind(request_.layout)
    assert healed.value.now == bound.value.now == "run this with that release"
    assert binding.file_of(request_.layout).read_text() == later
    assert (request_.layout.programs / "engine.conf").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 1}', '{"version": "1"}', "\0"])
def test_a_note_that_says_nothing(part: Ups, request_: Request, text: str) -> None:
    """Who keeps the belt is not known, so nobody changes it; that is told, and `bind` mends it."""
    verbs.apply(request_)
    binding.file_of(request_.layout).write_text(text)
    with pytest.raises(Refused, match="which toolchain"):
        verbs.heal([request_.layout])
    assert any("which toolchain keeps it" in line for line in damage.of_belt(request_.layout))
    assert status.as_json([request_.layout])["belts"]["blue"]["toolchain"] is None
    verbs.bind(request_.layout)
    assert binding.of_belt(request_.layout) == binding.here()


def test_a_belt_of_a_release_that_noted_nothing(part: Ups, request_: Request, other: Toolchain) -> None:
    """It is kept by the checkout that its programs were started from."""
    verbs.apply(request_)
    binding.file_of(request_.layout).unlink()
    launcher = other.checkout / "belts" / "runtimes" / "process" / "supervise" / "launch.py"
    request_.layout.programs.mkdir(parents=True)
    section = f"[program:engine]\ncommand={other.python} -I -S {launcher} /spec.json 0123\n"
    (request_.layout.programs / "engine.conf").write_text(section)
    assert binding.elsewhere(request_.layout) == other
    verbs.heal([request_.layout])
    assert asked(other) is not None
    here = section.replace(str(other.checkout), str(toolchain.CHECKOUT))
    (request_.layout.programs / "engine.conf").write_text(here)
    assert binding.elsewhere(request_.layout) is None


def test_who_it_is_handed_over_to_hands_it_to_nobody(
    part: Ups, request_: Request, other: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that take each other for the belt's own would go on for ever."""
    verbs.apply(request_)
    kept_by(other, request_.layout)
    monkeypatch.setenv(binding.HANDED_OVER, "1")
    assert binding.elsewhere(request_.layout) is None


def test_another_major_version_of_postgres(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before anything is touched, with the way to get there."""
    assert major.of_toolchain() == "16"
    data = request_.layout.of_part("postgres") / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    given = written(spec())
    postgres = from_json(given["postgres"] | {"root": str(request_.root)})
    with pytest.raises(Refused, match="another major version of Postgres") as refusal:
        PARTS["postgres"].check(request_.layout, postgres.body)
    assert "fresh belt under another name" in refusal.value.now
    (data / "PG_VERSION").write_text("16\n")
    PARTS["postgres"].check(request_.layout, postgres.body)


def test_programs_run_a_copy_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written over in the checkout stays as it was for what runs; another code is another copy."""
    checkout = tmp_path / "checkout"
    for room in kept_code.ROOMS:
        (checkout / room).mkdir(parents=True)
        (checkout / room / "__init__.py").write_text("SAYS = 1\n")
    monkeypatch.setattr(toolchain, "CODE", checkout)
    monkeypatch.setattr(toolchain, "CHECKOUT", checkout)
    copies = []
    for text in ("SAYS = 1\n", "SAYS = 2\n", "SAYS = 1\n"):
        (checkout / "gate" / "__init__.py").write_text(text)
        kept_code.code.cache_clear()
        copies.append(kept_code.code())
    kept_code.code.cache_clear()
    assert copies[0] == copies[2] != copies[1]
    assert [(copy / "gate" / "__init__.py").read_text() for copy in copies[:2]] == [
        "SAYS = 1\n",
        "SAYS = 2\n",
    ]
    assert (copies[0] / toolchain.COPIED_FROM).read_text() == str(checkout)
    assert not [left for left in copies[0].parent.iterdir() if left.name.startswith(".")]


def test_a_copy_knows_its_checkout() -> None:
    """What it runs beside the code is found where the set-up put it."""
    code = kept_code.code()
    assert code != toolchain.CHECKOUT
    told = "print(toolchain.CODE, toolchain.CHECKOUT, kept_code.code())"
    said = subprocess.run(
        [sys.executable, "-P", "-c", f"from belts.runtimes.process import kept_code, toolchain; {told}"],
        env={"PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.split() == [str(code.resolve()), str(toolchain.CHECKOUT), str(code.resolve())]


def test_a_checkout_that_a_link_leads_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Python is known by where it lies: the link may lead to another one when a program comes back."""
    own = tmp_path / "v1" / "bin"
    own.mkdir(parents=True)
    (own / "python").symlink_to(sys.executable)
    (tmp_path / "current").symlink_to("v1")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "current"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "current" / "bin" / "python"))
    assert toolchain.python() == binding.here().python == own.resolve() / "python"
    assert toolchain._venv("caddy") == own.resolve() / "caddy"


def test_a_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said in words."""
    for room in kept_code.ROOMS:
        (tmp_path / room).mkdir()
    (tmp_path / ".tools").write_text("")
    monkeypatch.setattr(toolchain, "CODE", tmp_path)
    monkeypatch.setattr(toolchain, "CHECKOUT", tmp_path)
    kept_code.code.cache_clear()
    with pytest.raises(Refused, match="cannot be kept") as refusal:
        kept_code.code()
    assert f"as who may write there, `cd {tmp_path} && python -c " in str(refusal.value)
    kept_code.code.cache_clear()


def test_a_place_of_another_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may write there, as its group, keeps the code; its rights stay as they were given."""
    for room in kept_code.ROOMS:
        (tmp_path / room).mkdir()
    place = tmp_path / ".tools" / "code"
    place.mkdir(parents=True)
    place.chmod(0o770)
    monkeypatch.setattr(toolchain, "CODE", tmp_path)
    monkeypatch.setattr(toolchain, "CHECKOUT", tmp_path)
    kept_code.code.cache_clear()
    assert kept_code.code().stat().st_mode & 0o777 == 0o755
    assert place.stat().st_mode & 0o777 == 0o770
    kept_code.code.cache_clear()
