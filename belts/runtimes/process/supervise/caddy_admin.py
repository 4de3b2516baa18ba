"""The admin endpoint of a Caddy of this host: a socket in its own directory, for nobody but the host."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from belts.files import read_json
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import door

CONFIG = "config.json"
SOCKET = Path("/proc/self/cwd/admin.sock")
"""Caddy stands in its own directory: by this name the path of its socket is never too long to bind to."""
ENDPOINT = {"listen": f"unix/{SOCKET}|0600", "config": {"persist": False}}
ANEW = {"Cache-Control": "must-revalidate"}
"""With it Caddy loads also the config that it runs."""


def stored(layout: Layout, program: str) -> dict[str, Any] | None:
    """The config that it would start with; raises `OSError` or `ValueError` where that says nothing."""
    return read_json(layout.of_part(program) / CONFIG)


def running(layout: Layout, program: str) -> Any:
    """The config that it runs, or in words why it does not say it."""
    return _said(door.ask(layout.of_part(program), SOCKET.name, "GET", "/config/"))


def load(layout: Layout, program: str, config: Mapping[str, Any], *, anew: bool = False) -> str | None:
    """Has it run this config; `anew` also where it does: every socket that is open is closed by that.

    In words why it did not.
    """
    headers = ANEW if anew else None
    told = _said(door.ask(layout.of_part(program), SOCKET.name, "POST", "/load", config, headers=headers))
    return told if isinstance(told, str) else None


def _said(answer: door.Answer | str) -> Any:
    if isinstance(answer, str):
        return f"its admin endpoint does not answer yet ({answer})"
    if answer.status != 200:
        return f"its admin endpoint answers {answer.status}: {answer.text[:200]}"
    return json.loads(answer.text) if answer.text.strip() else {}
