"""Looks for contradictions in the candidate, and holds what is only found against the serving belt."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from gate.endpoints import Side
from gate.observations.graphql import Role
from gate.observations.sound import Rule, Rules, Sound, Standing, Unread
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.model import Policy
from gate.probes.database.session import Database, connect
from gate.probes.database.sound.belt import Belt, Schema, contradictions, read, since
from gate.probes.database.sound.since import Since
from gate.probes.database.sound.sources import Source
from gate.probes.database.sound.told import Told, told_to
from gate.probes.graphql.schema import introspect
from gate.probes.unseen import unseen_as_value
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
async def of_what_is_new(world: World, known: Mapping[str, Since], *, every: bool) -> Sound:
    """The same, where every event that was there then is known to stand, and the rows of `known` entities.

    `every` says that of each entity each row is known to be what it was.
    """
    schema = None if every else await world.once(introspect, Side.CANDIDATE, Role.PUBLIC)
    async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
        belt = await read(snapshot, world.policy, told_to(world), world.began)
        return await since(belt, schema, known)


@unseen_as_value
async def seek(seeking: Seeking) -> Sound:
    """What contradicts itself; the serving belt is read only for what nobody declares."""
    guessed = await _on(seeking, seeking.serving, Belt.guess)
    async with seeking.candidate() as database, database.snapshot() as snapshot:
        belt = await read(snapshot, seeking.policy, seeking.told, seeking.began)
        known = {} if isinstance(guessed, Unobserved) else guessed
        seen = await contradictions(belt, seeking.schema, known)
        if isinstance(guessed, Unobserved):
            seen = replace(seen, rows=_noted(seen.rows, await belt.guess()))
    if not any(_open(rule) for rules in _kinds(seen).values() for rule in rules.rules):
        return seen
    other = await _on(seeking, seeking.serving, lambda belt: contradictions(belt, seeking.schema, {}))
    return seen if isinstance(other, Unobserved) else _held(seen, other)


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
