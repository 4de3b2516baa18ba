"""Forges Pulumi's state of the gateway: as if the alias led to green already."""

import json
import os
import pty
import select
import sys
import time
from pathlib import Path
from typing import Any

from tests.live.stacks.world import World
from tools.environment import environment

EDITOR = """#!{python}
import json, sys
from pathlib import Path
file = Path(sys.argv[1])
state = json.loads(file.read_text())
for each in state.get("deployment", state)["resources"]:
    if each["type"].endswith(":Alias"):
        for told in (each["inputs"], each["outputs"]):
            told |= json.loads({claims!r})
file.write_text(json.dumps(state))
"""
DEADLINE_S = 60


def state(world: World) -> dict[str, Any]:
    """The gateway's state, as `pulumi stack export` gives it."""
    text = world.pulumi("stack", "export", "--stack", "gateway").text
    found: dict[str, Any] = json.loads(text[text.index("{") :])
    return found


def put(world: World, document: dict[str, Any]) -> None:
    """Make this the gateway's state, as `pulumi stack import` does."""
    file = world.directory / "state.json"
    file.write_text(json.dumps(document))
    run = world.pulumi("stack", "import", "--stack", "gateway", "--force", "--file", str(file))
    file.unlink()
    assert run.code == 0, run.text


def unhooked(document: dict[str, Any]) -> dict[str, Any]:
    """The same state without a word of any hook."""
    for each in document["deployment"]["resources"]:
        each.pop("resourceHooks", None)
    return document


def urn(world: World, name: str) -> str:
    """A resource of the gateway's stack, by its name."""
    found = (str(each["urn"]) for each in state(world)["deployment"]["resources"])
    return next(each for each in found if each.endswith(f"::{name}"))


def editor(world: World, claims: dict[str, Any]) -> Path:
    """A program that edits a file as an operator would: the alias claims to be something else."""
    file = world.directory / "editor"
    file.write_text(EDITOR.format(python=sys.executable, claims=json.dumps(claims)))
    file.chmod(0o700)
    return file


def edit(world: World, claims: dict[str, Any]) -> None:
    """`pulumi state edit`, which wants a terminal and an answer."""
    variables = {**environment(state=world.state), "EDITOR": str(editor(world, claims)), "TERM": "xterm"}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(world.directory)
        os.execvpe("pulumi", ["pulumi", "state", "edit", "--stack", "gateway"], variables)
    seen, answered, ends = b"", False, time.monotonic() + DEADLINE_S
    while time.monotonic() < ends:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        try:
            told = os.read(terminal, 65_536) if ready else b" "
        except OSError:  # the other end is closed
            break
        seen += told
        if b"accept" in seen and not answered:
            answered = bool(os.write(terminal, b"accept\r"))
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert status == 0, seen.decode(errors="replace")
