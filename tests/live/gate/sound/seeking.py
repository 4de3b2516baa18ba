"""Looks for contradictions in a belt of a test, with a chain that says what the test wants it to say."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from graphql import build_schema, introspection_from_schema

from gate.checks import sound as check
from gate.evidence import Store
from gate.finding import Finding
from gate.observations import Observations
from gate.observations.sound import Sound
from gate.observations.unobserved import Cause
from gate.outcome import Outcome
from gate.policy.model import Policy
from gate.policy.sound import Mapping as Makes
from gate.policy.sound import SoundPolicy
from gate.probes.database.session import Database
from gate.probes.database.sound.told import Told
from gate.probes.sound import Seeking, seek
from gate.probes.unseen import UnseenError
from tests.live.gate.content.belt import NOW, Belt, door, policy
from tests.unit.gate.core.builders import endpoints

PLACED = "{chainId}-{blockNumber}-{logIndex}"
TRANSFERS = Makes(entity="Transfer", contract="Token", event="Transfer", row_id=PLACED)
SDL = """
type Query { Transfer: [Transfer!]! }
type Transfer { id: String! from: Account from_id: String! }
type Account { id: String! }
"""


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Calls each block by its number, as `hashed` does in the belt, but for those that it has undone."""

    undone: frozenset[int] = frozenset()
    head: int = 10_000
    silent: bool = False
    asked: list[int] = field(default_factory=list)

    @property
    def told(self) -> Told:
        async def second(_: int, block: int) -> int | None:
            return None if self.silent else second_of(block)

        async def hashes(chain: int, numbers: Collection[int]) -> Mapping[int, str | None]:
            if self.silent:
                raise UnseenError(f"chain {chain} says nothing", Cause.UNREACHABLE)
            self.asked.extend(numbers)
            return {
                number: None if number > self.head else hashed(number, "new" if number in self.undone else "")
                for number in numbers
            }

        return Told(second=second, hashes=hashes)


def hashed(block: int, more: str = "") -> str:
    return f"0x{block:x}{more}"


def second_of(block: int) -> int:
    return 1_700_000_000 + block


def says(**sound: Any) -> Policy:
    """A policy of two chains, of which only what is sound is said."""
    return policy(1, 10, sound=SoundPolicy(**({"mappings": (TRANSFERS,)} | sound)))


@asynccontextmanager
async def nobody() -> AsyncIterator[Database]:
    """No serving belt."""
    raise UnseenError("no belt serves yet", Cause.NOT_GIVEN)
    yield


async def look(
    belt: Belt,
    says: Policy,
    *,
    serving: Belt | None = None,
    chain: Chain | None = None,
    sdl: str = SDL,
    cache: Store | None = None,
    repeats: bool = False,
) -> Sound:
    """What contradicts itself in a belt."""
    seen = await seek(
        Seeking(
            candidate=door(belt, "the candidate", 30.0),
            serving=nobody if serving is None else door(serving, "the serving belt", 30.0),
            policy=says,
            told=(chain or Chain()).told,
            began=NOW,
            schema=dict(introspection_from_schema(build_schema(sdl))),
            cache=cache,
            repeats=repeats,
        )
    )
    assert isinstance(seen, Sound), seen
    return seen


def judged(seen: Sound, says: Policy) -> Finding:
    """What the check says of it."""
    return check.judge(Observations(began=NOW, endpoints=endpoints(), sound=seen), says)


async def found(belt: Belt, says: Policy, **how: Any) -> dict[str, tuple[Outcome, str]]:
    """The worst outcome of each part, and everything that was said of it."""
    points = judged(await look(belt, says, **how), says).points
    parts = dict.fromkeys(point.part.name for point in points)
    return {
        name: (
            max(point.outcome for point in points if point.part.name == name),
            "\n".join(
                "\n".join((point.observed, *point.evidence, *point.waived))
                for point in points
                if point.part.name == name
            ),
        )
        for name in parts
    }
