"""What a candidate is seen to be right before and right after its promotion, as a test has it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gate.alias.confirm.seen import Seen, passed
from gate.ledger import Certificate


@dataclass
class Confirmed:
    """Unchanged before and after, unless a test says otherwise; `asked` is what was looked at, in order."""

    first: Seen = field(default_factory=passed)
    then: Seen = field(default_factory=passed)
    rows: Seen = field(default_factory=passed)
    """What drawn rows tell of the belt behind the alias."""
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[Seen]] | None = None
    """What happens while it is looked at after the move, and what is seen then."""

    async def before(self, _certificate: Certificate) -> Seen:
        self.asked.append("before")
        return self.first

    async def after(self, _certificate: Certificate) -> Seen:
        self.asked.append("after")
        return self.then if self.meanwhile is None else await self.meanwhile()

    async def behind(self, _left: str | None) -> Seen:
        return self.rows
