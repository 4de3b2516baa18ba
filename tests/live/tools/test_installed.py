"""Which Pulumi of the machine is used: real programs on a real search path."""

import os
from pathlib import Path

import pytest

from tools.pulumi import installed
from tools.pulumi.installed import Installed, Unusable, fingerprint, search_path
from tools.pulumi.version import Version

pytestmark = pytest.mark.live


def _program(folder: Path, name: str, text: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_new_enough_one_is_used(tmp_path: Path) -> None:
    pulumi = _program(tmp_path / "bin", "pulumi", "echo v3.250.0")
    language = _program(tmp_path / "bin", "pulumi-language-python")
    found = installed.find(str(tmp_path / "bin"))
    assert found == Installed(pulumi=pulumi, language=language, version=Version(3, 250, 0))


def test_its_language_host_may_stand_where_a_link_leads(tmp_path: Path) -> None:
    """As package managers install it: a link on PATH, the programs together elsewhere."""
    _program(tmp_path / "real", "pulumi", "echo v3.300.1")
    language = _program(tmp_path / "real", "pulumi-language-python")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").symlink_to(tmp_path / "real" / "pulumi")
    found = installed.find(str(tmp_path / "bin"))
    assert isinstance(found, Installed)
    assert found.language == language


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo v3.249.9", "3.249.9; 3.250.0 or newer is needed"),
        ("echo v3.250.0-alpha.1", "3.250.0 (pre-release); 3.250.0 or newer"),
        ("echo v2.99.0", "2.99.0; 3.250.0 or newer"),
        ("echo not pulumi", "says 'not pulumi'"),
        ("echo v3.259.0; exit 3", "ends with 3"),
        ("exit 1", "ends with 1"),
    ],
)
def test_one_that_will_not_do_is_not_used_and_the_reason_told(
    tmp_path: Path, script: str, reason: str
) -> None:
    _program(tmp_path / "bin", "pulumi", script)
    _program(tmp_path / "bin", "pulumi-language-python")
    found = installed.find(f"{tmp_path / 'bin'}:/bin")
    assert isinstance(found, Unusable)
    assert reason in found.reason


def test_one_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "ANSWER_S", 0.3)
    _program(tmp_path / "bin", "pulumi", "exec /bin/sleep 30")
    found = installed.find(str(tmp_path / "bin"))
    assert isinstance(found, Unusable)
    assert "timed out" in found.reason


def test_one_without_a_language_host_is_not_used(tmp_path: Path) -> None:
    """It could not run a single program of ours."""
    _program(tmp_path / "bin", "pulumi", "echo v3.259.0")
    found = installed.find(str(tmp_path / "bin"))
    assert isinstance(found, Unusable)
    assert "no pulumi-language-python" in found.reason


def test_no_pulumi_at_all_is_said(tmp_path: Path) -> None:
    assert installed.find(str(tmp_path)) == Unusable(reason="there is no pulumi on PATH")


def test_our_own_links_are_never_found(tmp_path: Path) -> None:
    """Otherwise a set-up in `make shell` would take its own old link for the machine's."""
    ours = tmp_path / "ours"
    _program(ours, "pulumi", "echo v3.259.0")
    path = search_path({"PATH": os.pathsep.join((str(ours), f"{ours}/", "/bin"))}, without=ours)
    assert path == "/bin"


def test_another_pulumi_on_the_path_is_noticed_without_running_it(tmp_path: Path) -> None:
    path = str(tmp_path / "bin")
    seen = [fingerprint(path)]
    _program(tmp_path / "bin", "pulumi", "echo v3.259.0")
    seen.append(fingerprint(path))
    _program(tmp_path / "bin", "pulumi", "echo v3.259.10")
    seen.append(fingerprint(path))
    assert len(set(seen)) == 3
