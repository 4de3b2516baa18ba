"""Looks for contradictions in the candidate, and holds what is only found against the serving belt."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from gate.endpoints import Side
from gate.evidence import Store, key
from gate.observations.graphql import Role
from gate.observations.sound import Rule, Rules, Sound, Standing, Unread
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.model import Policy
from gate.probes.database import identity
from gate.probes.database.session import Database, connect
from gate.probes.database.sound import earlier
from gate.probes.database.sound.after import Shown, after, since, taken
from gate.probes.database.sound.belt import Belt, Schema, contradictions, read
from gate.probes.database.sound.going import Going, going_on
from gate.probes.database.sound.since import Since
from gate.probes.database.sound.sources import Source
from gate.probes.database.sound.told import Told, told_to
from gate.probes.graphql.schema import introspect
from gate.probes.served import catalogue
from gate.probes.unseen import UnseenError, unseen_as_value
from gate.probes.world import World

T = TypeVar("T")
Door = Callable[[], AbstractAsyncContextManager[Database]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seeking:
    """Where to look, by what, and what the chains and the candidate's schema say. `serving` may be none."""

    candidate: Door
    serving: Door
    policy: Policy
    told: Told
    began: datetime
    schema: Schema | Unobserved
    cache: Store | None = None
    repeats: bool = False
    """Whether a look like this one was made minutes ago."""


async def sound(world: World) -> Sound | Unobserved:
    """The candidate's contradictions."""
    if world.endpoints.candidate.database is None:
        return Unobserved(
            reason="the endpoints give no database for the candidate belt", cause=Cause.NOT_GIVEN
        )
    seeking = Seeking(
        candidate=lambda: connect(world, Side.CANDIDATE),
        serving=lambda: connect(world, Side.SERVING),
        policy=world.policy,
        told=told_to(world),
        began=world.began,
        schema=await world.once(introspect, Side.CANDIDATE, Role.PUBLIC),
        cache=world.cache,
        repeats=world.repeats,
    )
    return await seek(seeking)


@unseen_as_value
async def alone(world: World) -> Sound:
    """The same by what is declared and what holds of every belt, without a look at the serving one."""
    schema = await world.once(introspect, Side.CANDIDATE, Role.PUBLIC)
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        belt = await read(snapshot, world.policy, told_to(world), world.began)
        return await contradictions(belt, schema, {})


@unseen_as_value
async def of_what_is_new(world: World, known: Mapping[str, Since]) -> Sound:
    """The same, where every event that was there then is known to stand, and the rows of `known` entities."""
    schema = await world.once(introspect, Side.CANDIDATE, Role.PUBLIC)
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        belt = await read(snapshot, world.policy, told_to(world), world.began)
        return await since(belt, schema, known, await _going(world.cache, belt))


async def _going(cache: Store | None, belt: Belt) -> Going | None:
    """How the belt has gone on since a whole look of a moment ago, where there was one."""
    name = None if cache is None else await _name(belt)
    past = None if cache is None or name is None else earlier.recall(cache, name)
    if cache is None or name is None or past is None:
        return None
    return await going_on(belt, past, _seed(cache, name, past.at))


@unseen_as_value
async def seek(seeking: Seeking) -> Sound:
    """What contradicts itself; the serving belt is read only for what nobody declares."""
    guessed = await _on(seeking, seeking.serving, Belt.guess)
    async with seeking.candidate() as database, database.snapshot() as snapshot:
        belt = await read(snapshot, seeking.policy, seeking.told, seeking.began)
        known = {} if isinstance(guessed, Unobserved) else guessed
        seen = await _seen(seeking, belt, known)
        if isinstance(guessed, Unobserved):
            seen = replace(seen, rows=_noted(seen.rows, await belt.guess()))
    if not any(_open(rule) for rules in _kinds(seen).values() for rule in rules.rules):
        return seen
    other = await _on(seeking, seeking.serving, lambda belt: contradictions(belt, seeking.schema, {}))
    return seen if isinstance(other, Unobserved) else _held(seen, other)


async def _seen(seeking: Seeking, belt: Belt, guessed: Mapping[str, list[Source]]) -> Sound:
    """By what was written since a look of a moment ago, where there was one; else wholly, which is kept."""
    at, name, cache = time.time(), await _name(belt), seeking.cache
    if cache is None or name is None:
        return await contradictions(belt, seeking.schema, guessed)
    shown = Shown(schema=seeking.schema, guessed=guessed, seed=partial(_seed, cache, name))
    past = earlier.recall(cache, name) if seeking.repeats else None
    seen = None if past is None else await after(belt, shown, past)
    if seen is not None:
        return seen
    seen = await contradictions(belt, seeking.schema, guessed)
    with suppress(UnseenError):  # then the next look is a whole one, too
        earlier.keep(cache, name, await taken(belt, seen, shown, at))
    return seen


def _seed(cache: Store, name: str, at: float) -> str:
    """Known to nobody who has not the key, and another one for each look."""
    return cache.seal.mark("keys", name, repr(at))


async def _name(belt: Belt) -> str | None:
    """By what this belt is known, what stands between its tables and us, and what it is measured by.

    And the server that runs: another one with the same identity, as after a failover or on a copy of its
    files, may number what is written since as what was written before.
    """
    try:
        whose, around = await identity.within(belt.snapshot), await catalogue.digest(belt.snapshot)
        [[began]] = await belt.snapshot.rows("SELECT pg_postmaster_start_time()::text")
    except UnseenError:
        return None
    return key("sound", earlier.VERSION, whose, began, around, belt.policy.digest)


@unseen_as_value
async def _on(seeking: Seeking, door: Door, look: Callable[[Belt], Awaitable[T]]) -> T:
    async with door() as database, database.snapshot() as snapshot:
        return await look(await read(snapshot, seeking.policy, seeking.told, seeking.began))


def _noted(rows: Rules | Unobserved, guessed: Mapping[str, list[Source]]) -> Rules | Unobserved:
    """What is found where nobody serves decides nothing."""
    if isinstance(rows, Unobserved):
        return rows
    notes = tuple(
        f"every event {' and '.join(source.name for source in sources)} was found to make a row of {entity}"
        for entity, sources in guessed.items()
    )
    return replace(rows, notes=rows.notes + notes)


def _kinds(sound: Sound) -> dict[str, Rules]:
    kinds = {"events": sound.events, "rows": sound.rows, "bounds": sound.bounds}
    kinds |= {"history": sound.history, "references": sound.references}
    return {name: rules for name, rules in kinds.items() if isinstance(rules, Rules)}


def _open(rule: Rule | Unread) -> bool:
    """A rule that nobody declares, and that does not hold."""
    return isinstance(rule, Rule) and bool(rule.broken) and rule.standing is Standing.FOUND and not rule.meant


def _held(seen: Sound, other: Sound) -> Sound:
    """What does not hold on the candidate, held against the serving belt."""
    theirs = _kinds(other)
    return replace(
        seen,
        **{
            name: replace(rules, rules=tuple(_against(rule, theirs.get(name)) for rule in rules.rules))
            for name, rules in _kinds(seen).items()
        },
    )


def _against(rule: Rule | Unread, theirs: Rules | None) -> Rule | Unread:
    if not isinstance(rule, Rule) or not _open(rule):
        return rule
    same = [one for one in theirs.rules if one.about == rule.about] if theirs else []
    shown = [one for one in same if isinstance(one, Rule) and one.looked]
    if not shown:
        return rule
    broken = any(one.broken for one in shown)
    return replace(rule, standing=Standing.SHARED if broken else Standing.ON_SERVING)
