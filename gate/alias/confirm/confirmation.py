"""What the writer asks for around a promotion, without knowing how it is found out."""

from typing import Protocol

from gate.alias.confirm.seen import Seen
from gate.ledger import Certificate


class Again(Protocol):
    """Proves the candidate of a certificate once more."""

    async def before(self, certificate: Certificate) -> Seen:
        """Right before the alias moves to it."""

    async def after(self, certificate: Certificate) -> Seen:
        """Right after it has moved; what failed has failed in two looks."""

    async def behind(self, left: str | None) -> Seen:
        """Whether drawn rows come through the alias as this belt holds them, and not as `left` does."""
