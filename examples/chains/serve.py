"""Becomes the anvil of one chain: first makes its past, if it is missing, then continues it in real time."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from examples.chains import anvil, history, plan
from examples.chains.history import Past

SAVE_EVERY = 60


Make = Callable[[plan.Plan, Past, Callable[[str], None]], None]


def prepare(wanted: plan.Plan, past: Past, make: Make, say: Callable[[str], None]) -> None:
    """Makes the past if it is missing; one of another plan is removed, with all blocks added since."""
    if past.key() == history.key(wanted):
        return
    for state in (_saved(past), _before(past)):
        state.unlink(missing_ok=True)
    make(wanted, past, say)


def serve(
    wanted: plan.Plan,
    past: Past,
    *,
    make: Make,
    port: int,
    block_time: float,
    say: Callable[[str], None],
) -> NoReturn:
    """Never returns: this process becomes anvil, so that its parent process holds the chain itself.

    A chain that was killed continues from what was saved last: its last blocks, up to a minute of them, are
    replaced by others, as in any reorganisation.
    """
    prepare(wanted, past, make, say)
    loaded = choose(past)
    say(f"chain {wanted.chain}: goes on from {loaded.name}")
    command = anvil.living(
        wanted.chain,
        port=port,
        block_time=block_time,
        loaded=loaded,
        saved=_saved(past),
        save_every=SAVE_EVERY,
    )
    os.execv(command[0], command)  # noqa: S606 -- no shell, and becoming anvil is the point


def choose(past: Past) -> Path:
    """The newest complete state, moved to where the next save does not overwrite it.

    Anvil writes in place, so a state that was being written when it was killed is incomplete.
    """
    if _whole(_saved(past)):
        _saved(past).replace(_before(past))
    return _before(past) if _whole(_before(past)) else past.state


def _saved(past: Past) -> Path:
    return past.directory / "live.state.json"


def _before(past: Past) -> Path:
    return past.directory / "live.before.json"


def _whole(state: Path) -> bool:
    """Whether a state was written to its end: it is one JSON object, so its last character closes it."""
    if not state.is_file() or state.stat().st_size == 0:
        return False
    with state.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"}"
