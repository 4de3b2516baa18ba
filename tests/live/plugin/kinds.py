"""What of it this machine has: the stand-in plugin always, Pulumi's own or an SSH server perhaps."""

import os
import shutil
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
STAND_IN = CHECKOUT / "tools/command_plugin/pulumi-resource-command"
PLUGIN = "pulumi-resource-command"
PLACE = "plugins/resource-command-v1.2.1"
CHOICE = "BELTS_COMMAND_PLUGIN"

NO_SSHD = "no sshd: `apt-get install openssh-server` (or what your system calls it) gets it; it need not run"


def real_plugin() -> Path | None:
    """Pulumi's own plugin: the one that the environment names, else one in a Pulumi home."""
    homes = (CHECKOUT / ".tools/pulumi-home", os.environ.get("PULUMI_HOME"), Path.home() / ".pulumi")
    named = os.environ.get(CHOICE)
    candidates = [Path(named)] if named else [Path(home, PLACE, PLUGIN) for home in homes if home]
    return next((path for path in candidates if path.is_file() and not path.samefile(STAND_IN)), None)


def sshd() -> str | None:
    """Where this machine has an SSH server."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def said() -> str:
    """Against which plugins the tests run here, and whether commands on another host are among them."""
    real, there = real_plugin(), sshd()
    other = f"and the real one ({real})" if real else f"not the real one: in no Pulumi home, nor in {CHOICE}"
    return f"command plugin: the stand-in; {other}\ncommands on another host: {there or NO_SSHD}"
