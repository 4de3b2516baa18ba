"""Identifies the belt behind the alias by its heights, for belts that do not seal their answers.

Through the alias a belt shows the heights of its database at that moment, so they are between those of the
database before and after. Another belt's may be there too. Then the two cannot be told apart.
"""

import asyncio
import json

import httpx

from gate.agent import HEADERS
from gate.alias.confirm.seen import Seen, failed, passed, untold
from gate.alias.sight import IdentityProbe, UnprovedError
from gate.alias.state import Heights
from gate.connections import client_options
from gate.exchange import post
from gate.probes.graphql.chains import QUESTION, progress_of
from gate.probes.unseen import UnseenError
from gate.secret import Address

LOOKS = 3
PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 5.0


async def by_heights(alias: Address, belt: str, probe: IdentityProbe, left: IdentityProbe | None) -> Seen:
    """Judges whether the heights through the alias are those of `belt` and not of the belt that was left."""
    told = untold("the alias was not looked at")
    for number in range(LOOKS):
        if number:
            await asyncio.sleep(PAUSE_SECONDS)
        told = await _look(alias, belt, probe, left)
        if told.outcome is told.outcome.PASSED:
            return told
    return told


async def _look(alias: Address, belt: str, probe: IdentityProbe, left: IdentityProbe | None) -> Seen:
    try:
        before, other_before = (await probe()).heights, await _heights(left)
        shown = await _through(alias)
        after, other_after = (await probe()).heights, await _heights(left)
    except UnprovedError as unseen:
        return untold(unseen.brief)
    if isinstance(shown, str):
        return untold(f"nobody can tell whether {belt} is behind the alias: {shown}")
    if not _between(before, shown, after):
        return failed(
            f"the alias does not answer as {belt}: it shows {_words(shown)}, {belt} is at {_words(after)}"
        )
    if other_before and _between(other_before, shown, other_after):
        return untold(
            f"{belt} and the belt before it are at the same heights, so nothing tells which one answers"
        )
    return passed(f"the alias shows the heights of {belt}")


async def _heights(probe: IdentityProbe | None) -> Heights:
    """The heights of the belt that was left; empty if it is dead, as then it does not answer either."""
    if probe is None:
        return {}
    try:
        return (await probe()).heights
    except UnprovedError:
        return {}


async def _through(alias: Address) -> Heights | str:
    try:
        async with httpx.AsyncClient(**client_options(), timeout=PATIENCE_SECONDS, headers=HEADERS) as client:
            answer = await post(client, alias.reveal(), {"query": QUESTION}, seconds=PATIENCE_SECONDS)
        progress = progress_of(json.loads(answer.body)["data"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return f"it does not show its heights ({type(error).__name__})"
    except UnseenError as unseen:
        return str(unseen)
    return {row.chain: row.height for row in progress.chains if row.height is not None}


def _between(before: Heights, shown: Heights, after: Heights) -> bool:
    """True if the heights are in range; a chain first committed between the readings may be missing."""
    if not before.keys() <= shown.keys() <= after.keys():
        return False
    return all(before.get(chain, -1) <= height <= after[chain] for chain, height in shown.items())


def _words(heights: Heights) -> str:
    return ", ".join(f"{chain} at {height:,}" for chain, height in sorted(heights.items())) or "no chain"
