"""The environment in which everything of a checkout runs: ``eval "$(make env)"``, or ``make shell``."""

import argparse
import os
import secrets
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.checkout import Checkout, this_checkout
from tools.plugin import Kind, chosen

# A person's own Pulumi and Python settings must not reach the demo's stacks.
DROPPED = ("PYTHONHOME", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK")
NO_COMMAND = 127


def variables(checkout: Checkout, base: Mapping[str, str], *, state: Path | None = None) -> dict[str, str]:
    """What differs from a plain environment; ``state`` names another folder for the file backend."""
    ours = (str(checkout.venv / "bin"), str(checkout.bin))
    theirs = [each for each in base.get("PATH", os.defpath).split(os.pathsep) if each and each not in ours]
    real = chosen(checkout) is Kind.REAL
    offline = {} if real else {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
    return {
        "PATH": os.pathsep.join((*ours, *theirs)),
        "VIRTUAL_ENV": str(checkout.venv),
        "PULUMI_HOME": str(checkout.pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{state or checkout.state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(checkout.passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "DO_NOT_TRACK": "1",
        **offline,
    }


def environment(
    checkout: Checkout | None = None, base: Mapping[str, str] | None = None, *, state: Path | None = None
) -> dict[str, str]:
    """A whole environment for a program of this checkout; the backend and the passphrase exist afterwards."""
    here = checkout or this_checkout()
    given = os.environ if base is None else base
    (state or here.state).mkdir(parents=True, exist_ok=True)
    make_passphrase(here.passphrase)
    kept = {name: value for name, value in given.items() if name not in DROPPED}
    return kept | variables(here, given, state=state)


def make_passphrase(path: Path) -> None:
    """Made once, readable by its owner alone, never changed; two that make it at once agree."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as sink:
            sink.write(secrets.token_urlsafe(32))
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink()


def exports(checkout: Checkout, base: Mapping[str, str]) -> str:
    """Lines for a POSIX shell."""
    whole = environment(checkout, base)
    told = [f"export {name}={shlex.quote(whole[name])}" for name in variables(checkout, base)]
    return "\n".join([f"unset {' '.join(DROPPED)}", *told])


def run(command: Sequence[str], checkout: Checkout, base: Mapping[str, str]) -> int:
    """Become a command in this environment; comes back only when there is no such command."""
    try:
        os.execvpe(command[0], list(command), environment(checkout, base))  # noqa: S606
    except FileNotFoundError:
        sys.stderr.write(f"environment: there is no {command[0]} in this checkout; run make setup\n")
        return NO_COMMAND


def shell(checkout: Checkout, base: Mapping[str, str]) -> list[str]:
    """The person's shell. Bash would let its own settings change PATH afterwards, so it gets ours last."""
    name = base.get("SHELL") or "/bin/sh"
    if Path(name).name != "bash":
        return [name]
    settings = checkout.tools / "bashrc"
    settings.parent.mkdir(parents=True, exist_ok=True)
    prompt = 'PS1="(belts) $PS1"'
    settings.write_text(f"[ -r ~/.bashrc ] && . ~/.bashrc\n{exports(checkout, base)}\n{prompt}\n")
    return [name, "--rcfile", str(settings)]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the environment for a shell, enter a shell, or run one command."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.environment", description=__doc__)
    parser.add_argument("--shell", action="store_true", help="start a shell in this environment")
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, help="run this in the environment; without: print it"
    )
    asked = parser.parse_args(argv)
    checkout = this_checkout()
    if asked.shell:
        return run(shell(checkout, os.environ), checkout, os.environ)
    if asked.command:
        return run(asked.command, checkout, os.environ)
    sys.stdout.write(f"{exports(checkout, os.environ)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
