"""What a place shows its auditor: its gateways and belts as they are, not as they were requested."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from belts.runtimes.disk import Disk


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """Whether a gateway's Caddy runs, and would start with, the config that its place renders for it.

    `strangers` describes other programs that answer consumers at the same address.
    """

    as_rendered: bool
    stored_as_rendered: bool
    strangers: tuple[str, ...] = ()


class Audited(Protocol):
    """One look at a place, without changing it.

    Whatever cannot be looked at raises `Refusal`, `OSError` or `ValueError`.
    """

    def names(self) -> tuple[str, ...]:
        """The names of all belts and gateways that were requested at this place."""

    def url(self, gateway: str) -> str | None:
        """The URL at which a gateway answers consumers, as this place reaches it; None if it is not here."""

    def running(self, gateway: str) -> Running | None:
        """What a gateway's Caddy runs; None if the gateway is not here."""

    def sharing(self, gateway: str) -> tuple[str, ...]:
        """Other gateways of this place that follow the alias of this one."""

    def watched(self, gateway: str) -> Mapping[int, int | None] | None:
        """The chains whose heads are watched, each with the number of blocks that a belt may be behind.

        None if no watching was requested.
        """

    def announces(self, gateway: str) -> bool:
        """Whether a webhook sender was requested for this gateway."""

    def unread(self) -> tuple[str, ...]:
        """Descriptions of whatever cannot be read of any belt or gateway here, and so cannot be audited."""

    def unfinished(self, belt: str) -> tuple[str, ...]:
        """Descriptions of the parts whose last request may not be what runs."""

    def apart(self, belt: str, stated: Mapping[str, str]) -> tuple[str, ...]:
        """Descriptions of the parts whose request differs from what a stack states.

        `stated` holds, for each part, the request in the stack's state. A stack that states no part at all
        did not request them.
        """

    def down(self, belt: str) -> tuple[str, ...]:
        """The parts that were requested and do not run."""

    def hung(self, belt: str) -> tuple[str, ...]:
        """Descriptions of the parts that hang and are no longer restarted."""

    def idle(self) -> tuple[str, ...]:
        """Descriptions of the belts that serve nobody and have had no readers for days."""

    def disk(self) -> Disk | None:
        """The disk space left for the belts, and how fast it shrinks; None if it cannot be measured."""

    def database(self, belt: str) -> str | None:
        """The URL of a belt's database for a read-only role; None if this place has no secret for it."""
