"""Which release is meant is told before anything is brought up; what is none is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from belts.envio.release import LATEST, RELEASES
from belts.runtimes.process import command
from belts.runtimes.process.verify import command as verify

NAME = "verify-envio"


def project(place: Path, package: dict[str, Any] | None, built: str = "") -> str:
    place.mkdir()
    if package is not None:
        (place / "package.json").write_text(json.dumps(package))
    if built:
        (place / "node_modules" / "envio").mkdir(parents=True)
        (place / "node_modules" / "envio" / "package.json").write_text(json.dumps({"version": built}))
    return str(place)


@pytest.mark.parametrize(
    ("package", "said"),
    [
        (None, "No such file"),
        ({}, "envio None in its package.json"),
        ({"dependencies": {"envio": "^3.0.0"}}, "envio '^3.0.0' in its package.json"),
        ({"dependencies": ["envio"]}, "has no attribute"),
        ({"dependencies": {"envio": "4.0.0"}}, "Envio 4.0.0 is of no generation that belts know"),
        ({"dependencies": {"envio": "1.3.0"}}, "Envio 1.3.0 is of no generation that belts know"),
    ],
)
def test_what_is_no_release(
    package: dict[str, Any] | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([NAME, project(tmp_path / "p", package), "--to", str(tmp_path / "to")]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert "now:" in told
    assert not (tmp_path / "to" / "run").exists()


def test_without_anything_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = project(tmp_path / "p", {"dependencies": {"envio": LATEST.version}})
    assert command.main([NAME, place, "--installed", "--to", str(tmp_path / "to")]) == 1
    assert "node_modules" in capsys.readouterr().err


@pytest.mark.parametrize("version", RELEASES)
def test_what_is_meant(version: str, tmp_path: Path) -> None:
    """The pin of the project, or what lies in its modules, however it writes its version."""
    pinned = project(tmp_path / "pinned", {"dependencies": {"envio": version}})
    built = project(tmp_path / "built", None, built=f"v{version}")
    for given in ([pinned], [built, "--installed"]):
        wanted = verify.wanted(given)
        assert (wanted.release.version, wanted.installed) == (version, "--installed" in given)
    assert verify.wanted([pinned, "--seed", "7"]).drawn == 7


@pytest.mark.parametrize("given", [["--kills", "0"], ["--kills", "many"], ["--unknown"]])
def test_a_wrong_command_line(given: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main([NAME, *given])
    assert caught.value.code == 2
