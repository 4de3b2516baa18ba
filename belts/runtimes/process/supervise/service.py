"""A service for systemd to keep, as data, and its unit file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from belts.runtimes.process.errors import Refused

GATEWAYS = "belts-gateways.target"
"""Reached at boot once every gateway was started; belts start after it."""
GATEWAYS_TEXT = "# Written by belts.\n[Unit]\nDescription=Belts: the gateways were started\n"

STOP_S = 90
ALONE_AGAIN_S = 30
"""A keeper that finds another one running, such as one from cron, exits at once: so wait before retrying."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One process that restarts, at boot too.

    `first` marks a gateway, without which no belt can be read. `alone` leaves running what it has started.
    """

    unit: str
    what: str
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    first: bool = False
    alone: bool = False
    stop_s: int = STOP_S


def text(service: Service, *, user: str, wanted_by: str) -> str:
    """The unit file.

    A process killed for its memory ends no other; what outlives the supervisor is killed at once. The group
    is delegated: the kernel and this project decide what is killed in it, and when.
    """
    when = "Before" if service.first else "After"
    lines = [
        "# Written by belts.",
        "[Unit]",
        f"Description=Belts: {_value(service.what)}",
        "After=network.target",
        f"{when}={GATEWAYS}",
        *([f"Wants={GATEWAYS}"] if service.first else []),
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "Type=exec",
        *([f"User={user}"] if user else []),
        f"WorkingDirectory={_value(str(service.cwd))}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in sorted(service.env.items())),
        f"ExecStart={' '.join(_quoted(word).replace('$', '$$') for word in service.argv)}",
        "UMask=0077",
        "LimitCORE=0",
        "Restart=always",
        f"RestartSec={ALONE_AGAIN_S if service.alone else 1}",
        f"KillMode={'process' if service.alone else 'mixed'}",
        f"TimeoutStopSec={service.stop_s}",
        "OOMPolicy=continue",
        "Delegate=yes",
        "",
        "[Install]",
        f"WantedBy={wanted_by}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    escaped = _value(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _value(text: str) -> str:
    if any(ord(letter) < ord(" ") for letter in text):
        raise Refused(
            "a path cannot be written into a unit of systemd",
            expected="no line break and no control character",
            seen=repr(text),
            now="use a directory with a plainer name",
        )
    return text.replace("%", "%%")
