"""The environment in which everything of a checkout runs: ``eval "$(make env)"``, or ``make shell``."""

import argparse
import os
import secrets
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.checkout import Checkout, this_checkout
from tools.plugin import Kind, chosen

# A person's own Pulumi and Python settings must not affect the demo's stacks.
THEIR_BACKEND = ("PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK")
THEIR_PYTHON = ("PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
"""Another Python's home, and the setting that keeps no compiled code, which costs each command a second."""
NO_COMMAND = 127


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The differences between a checkout's environment and the person's."""

    put: Mapping[str, str]
    dropped: tuple[str, ...]

    def over(self, base: Mapping[str, str]) -> dict[str, str]:
        """The complete environment for a program."""
        return {name: value for name, value in base.items() if name not in self.dropped} | dict(self.put)

    def exports(self) -> str:
        """The same as lines for a POSIX shell."""
        told = [f"export {name}={shlex.quote(value)}" for name, value in self.put.items()]
        return "\n".join([f"unset {' '.join(self.dropped)}", *told])


def own_backend(checkout: Checkout, base: Mapping[str, str]) -> Change:
    """The toolchain alone: stacks are kept where the person has logged in (``pulumi login``)."""
    ours = (str(checkout.venv / "bin"), str(checkout.bin))
    theirs = [each for each in base.get("PATH", os.defpath).split(os.pathsep) if each and each not in ours]
    real = chosen(checkout) is Kind.REAL
    offline = {} if real else {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
    put = {
        "PATH": os.pathsep.join((*ours, *theirs)),
        "VIRTUAL_ENV": str(checkout.venv),
        "PULUMI_HOME": str(checkout.pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "DO_NOT_TRACK": "1",
    }
    return Change(put=put | offline, dropped=THEIR_PYTHON)


def demo_backend(checkout: Checkout, base: Mapping[str, str], *, state: Path | None = None) -> Change:
    """The toolchain, and stacks in a folder of the checkout (or in ``state``); both exist afterwards."""
    plain = own_backend(checkout, base)
    backend = state or checkout.state
    backend.mkdir(parents=True, exist_ok=True)
    make_passphrase(checkout.passphrase)
    put = {
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(checkout.passphrase),
    }
    return Change(put={**plain.put, **put}, dropped=(*plain.dropped, *THEIR_BACKEND))


def environment(
    checkout: Checkout | None = None, base: Mapping[str, str] | None = None, *, state: Path | None = None
) -> dict[str, str]:
    """The complete environment for the demo, for tests, and for every command of the Makefile."""
    given = os.environ if base is None else base
    return demo_backend(checkout or this_checkout(), given, state=state).over(given)


def make_passphrase(path: Path) -> None:
    """Made once, readable by its owner alone, never changed; if two make it at once, both use the same."""
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


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Become a command in an environment; returns only if there is no such command.

    A script's background job ignores Ctrl-C, and its child processes inherit that. Pulumi ends its plugins
    with exactly this signal, and would wait five seconds in each command.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        os.execvpe(command[0], list(command), environ)  # noqa: S606
    except FileNotFoundError:
        sys.stderr.write(f"environment: there is no {command[0]} in this checkout; run make setup\n")
        return NO_COMMAND


def shell(checkout: Checkout, base: Mapping[str, str], change: Change) -> list[str]:
    """The person's shell. Bash would let the person's settings change PATH later, so ours are read last."""
    name = base.get("SHELL") or "/bin/sh"
    if Path(name).name != "bash":
        return [name]
    settings = checkout.tools / "bashrc"
    settings.parent.mkdir(parents=True, exist_ok=True)
    prompt = 'PS1="(belts) $PS1"'
    settings.write_text(f"[ -r ~/.bashrc ] && . ~/.bashrc\n{change.exports()}\n{prompt}\n")
    return [name, "--rcfile", str(settings)]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the environment for a shell, enter a shell, or run one command."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.environment", description=__doc__)
    parser.add_argument(
        "--own-backend", action="store_true", help="leave Pulumi's backend as the person has it"
    )
    parser.add_argument("--shell", action="store_true", help="start a shell in this environment")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="run this in it; without: print it")
    asked = parser.parse_args(argv)
    checkout, base = this_checkout(), os.environ
    change = (own_backend if asked.own_backend else demo_backend)(checkout, base)
    if asked.shell:
        return run(shell(checkout, base, change), change.over(base))
    if asked.command:
        return run(asked.command, change.over(base))
    sys.stdout.write(f"{change.exports()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
