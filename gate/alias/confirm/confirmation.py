"""The checks that the writer makes around a promotion, as an interface."""

from typing import Protocol

from gate.alias.confirm.seen import Seen
from gate.ledger import Certificate


class Again(Protocol):
    """Proves the candidate of a certificate again."""

    async def before(self, certificate: Certificate) -> Seen:
        """Checks right before the alias moves to it."""

    async def after(self, certificate: Certificate) -> Seen:
        """Checks right after the move; a failure means that two looks failed."""

    async def behind(self, left: str | None) -> Seen:
        """Checks whether sampled rows through the alias are this belt's, and not those of `left`."""
