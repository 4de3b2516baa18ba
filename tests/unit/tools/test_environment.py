"""The environment in which a checkout's programs run."""

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools.checkout import Checkout, this_checkout
from tools.environment import demo_backend, environment, make_passphrase, own_backend
from tools.plugin import chosen_file


def test_the_checkouts_programs_come_before_the_machines(checkout: Checkout) -> None:
    path = environment(checkout, {"PATH": "/usr/bin:/bin"})["PATH"].split(os.pathsep)
    assert path == [str(checkout.venv / "bin"), str(checkout.bin), "/usr/bin", "/bin"]


def test_entering_twice_changes_nothing(checkout: Checkout) -> None:
    once = environment(checkout, {"PATH": "/usr/bin"})
    assert environment(checkout, once) == once


def test_a_persons_own_pulumi_settings_do_not_reach_the_demo(checkout: Checkout) -> None:
    theirs = {
        "PULUMI_BACKEND_URL": "s3://theirs",
        "PULUMI_ACCESS_TOKEN": "t",
        "PULUMI_CONFIG_PASSPHRASE": "p",
    }
    ours = environment(checkout, theirs)
    assert ours["PULUMI_BACKEND_URL"] == f"file://{checkout.state}"
    assert "PULUMI_ACCESS_TOKEN" not in ours
    assert "PULUMI_CONFIG_PASSPHRASE" not in ours


def test_a_backend_that_a_person_has_chosen_is_left_to_them(checkout: Checkout) -> None:
    """Their stacks, their passphrase; only programs and plugins are ours."""
    theirs = {
        "PULUMI_BACKEND_URL": "s3://theirs",
        "PULUMI_ACCESS_TOKEN": "t",
        "PULUMI_CONFIG_PASSPHRASE": "p",
    }
    ours = own_backend(checkout, theirs).over(theirs)
    assert theirs.items() <= ours.items()
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in ours
    assert not checkout.belts.exists()


def test_compiled_code_is_kept(checkout: Checkout) -> None:
    """Each command of the gate would compile all of it anew, in an image that says so to every Python."""
    theirs = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    assert "PYTHONDONTWRITEBYTECODE" not in environment(checkout, theirs)
    assert "PYTHONDONTWRITEBYTECODE" not in own_backend(checkout, theirs).over(theirs)
    assert environment(checkout, theirs)["PYTHONUNBUFFERED"] == "1"


def test_the_backend_and_the_passphrase_exist(checkout: Checkout) -> None:
    """Pulumi refuses a file backend whose folder is absent."""
    ours = environment(checkout, {})
    assert checkout.state.is_dir()
    assert Path(ours["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text()


def test_a_test_may_keep_its_state_elsewhere(checkout: Checkout, tmp_path: Path) -> None:
    ours = environment(checkout, {}, state=tmp_path / "state")
    assert ours["PULUMI_BACKEND_URL"] == f"file://{tmp_path / 'state'}"
    assert (tmp_path / "state").is_dir()
    assert not checkout.state.exists()


def test_the_passphrase_is_its_owners_alone_and_never_changes(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "passphrase"
    make_passphrase(path)
    first = path.read_text()
    make_passphrase(path)
    assert path.read_text() == first
    assert len(first) > 30
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["passphrase"]


@pytest.mark.parametrize(("kind", "acquires"), [("REAL", True), ("STAND_IN", False)])
def test_pulumi_fetches_plugins_only_where_it_has_fetched_one(
    checkout: Checkout, kind: str, acquires: bool
) -> None:
    """Where it cannot reach its host, each run would wait for it in vain."""
    chosen_file(checkout).parent.mkdir(parents=True)
    chosen_file(checkout).write_text(f'{{"kind": "{kind}"}}')
    assert ("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in environment(checkout, {})) is acquires


def test_a_folder_with_a_space_reaches_a_shell_whole(tmp_path: Path) -> None:
    checkout = Checkout(root=tmp_path / "two words", cache=tmp_path)
    told = demo_backend(checkout, {"PATH": "/bin"}).exports()
    words = shlex.split(told)
    assert f"PULUMI_HOME={checkout.pulumi_home}" in words
    assert "PULUMI_CONFIG_PASSPHRASE" in words


def test_a_job_in_the_background_hears_what_pulumi_ends_its_plugins_by() -> None:
    """A shell that has no terminal starts such a job with Ctrl-C ignored; programs inherit that."""
    hears = "import signal; raise SystemExit(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    background = ["sh", "-c", '"$@" & wait $!', "sh"]
    alone = [sys.executable, "-c", hears]
    ours = [sys.executable, "-m", "tools.environment", "python", "-c", hears]

    def ignores(command: list[str]) -> bool:
        done = subprocess.run([*background, *command], cwd=this_checkout().root, check=False)
        assert done.returncode in {0, 1}
        return done.returncode == 1

    assert ignores(alone)
    assert not ignores(ours)


def test_the_cache_is_where_the_person_keeps_caches() -> None:
    assert this_checkout({"XDG_CACHE_HOME": "/c"}).cache == Path("/c/belts")
    assert this_checkout({"HOME": "/h"}).cache == Path("/h/.cache/belts")
    assert this_checkout({"HOME": "/h", "XDG_CACHE_HOME": "relative"}).cache == Path("/h/.cache/belts")
