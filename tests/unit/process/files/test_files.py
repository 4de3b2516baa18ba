"""Files of a belt, its secrets, and how a program is rendered."""

import json
import stat
from pathlib import Path

import pytest

from belts.files import private_dir
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import lock, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.supervise import readiness
from belts.runtimes.process.supervise.programs import Program


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(root=tmp_path / "hosts", belt="blue")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def program(**changed: object) -> Program:
    known = {"name": "engine", "argv": ("/bin/engine",), "cwd": Path("/"), "env": {"PASSWORD": "hush"}}
    return Program(**(known | changed))  # type: ignore[arg-type]


def test_secrets_are_made_once(layout: Layout) -> None:
    """They differ from each other, are kept, and new names join the old."""
    first = secrets.ensure(layout)
    assert len(set(first.values())) == len(secrets.NAMES)
    assert dict(secrets.ensure(layout)) == dict(first)
    held = json.loads(layout.secrets.read_text())
    del held["gate"]
    layout.secrets.write_text(json.dumps(held))
    second = secrets.ensure(layout)
    assert {name for name in first if first[name] != second[name]} == {"gate"}
    assert mode(layout.secrets) == 0o600


def test_secrets_are_not_printed() -> None:
    """Neither as a value nor inside a text that is about to be shown."""
    held = Secrets({"admin": "hush", "longer": "hush-hush"})
    assert "hush" not in repr(held)
    assert held.redact("password=hush-hush user=hush") == "password=*** user=***"


@pytest.mark.parametrize("text", ["{", "[]", "7"])
def test_config_secrets_that_cannot_be_read(text: str) -> None:
    """Refused without a word of what they were."""
    with pytest.raises(Refused) as caught:
        secrets.from_config({"BELTS_SECRETS": text})
    assert text not in caught.value.seen


def test_a_part_that_does_not_come_up(layout: Layout) -> None:
    """The refusal ends with the log's last lines, secrets blotted out."""
    private_dir(layout.logs)
    layout.log("engine").write_text("".join(f"line {number} hush\n" for number in range(100)))
    with pytest.raises(Refused) as caught:
        readiness.wait(
            layout,
            "engine",
            lambda: "no answer",
            expected="an answer",
            deadline_s=0.1,
            secrets=Secrets({"admin": "hush"}),
        )
    assert caught.value.log_tail.splitlines()[-1] == "line 99 ***"
    assert "no answer" in caught.value.seen
    assert "hush" not in str(caught.value)


def test_a_programs_secrets(layout: Layout) -> None:
    """They stand in the file that the launcher reads, never in what supervisord is told or shows."""
    assert "hush" in program().supervised_spec(layout)
    assert "hush" not in program().section(layout)
    assert "hush" not in repr(program())


def test_a_program_that_differs(layout: Layout, tmp_path: Path) -> None:
    """Another environment, argument or file makes another command, which is how supervisord sees it."""
    config = tmp_path / "config"
    config.write_text("a")
    before = program(files=(config,)).section(layout)
    assert program(files=(config,)).section(layout) == before
    assert program(files=(config,), env={"PASSWORD": "other"}).section(layout) != before
    assert program(files=(config,), argv=("/bin/engine", "-v")).section(layout) != before
    config.write_text("b")
    assert program(files=(config,)).section(layout) != before


def test_nothing_of_the_callers_environment(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program gets what it was given and no more."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "hush")
    spec = program(env={}).spec(layout, parent=1)
    assert spec["env"].keys() == {"PATH", "LANG", "TZ", "HOME", "BELTS_PROGRAM"}


def test_a_directory_that_supervisord_would_misread(tmp_path: Path) -> None:
    """Percent signs are kept; what would begin a comment is refused."""
    odd = Layout(root=tmp_path / "100% real", belt="blue")
    assert "100%% real" in program().section(odd)
    with pytest.raises(Refused, match="cannot be written"):
        program().section(Layout(root=tmp_path / "a ;b", belt="blue"))


def test_the_lock_of_a_belt_that_goes(layout: Layout) -> None:
    """It leaves no file behind, and is there again for the next."""
    with lock.of_belt(layout):
        assert layout.lock.exists()
    assert not layout.lock.exists()
    with lock.of_belt(layout):
        private_dir(layout.home)
    assert layout.lock.exists()
