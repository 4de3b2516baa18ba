"""What a place shows to whoever audits it: its gateways and belts as they are, not as they were asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from belts.runtimes.disk import Disk


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """Whether a gateway's Caddy runs, and would start with, the config that its place renders for it.

    `strangers` are others who answer consumers at the same address, in words.
    """

    as_rendered: bool
    stored_as_rendered: bool
    strangers: tuple[str, ...] = ()


class Audited(Protocol):
    """One look at a place, which changes nothing; what cannot be looked at raises `Refusal`, `OSError` or
    `ValueError`."""

    def names(self) -> tuple[str, ...]:
        """Every belt and gateway that this place was asked for."""

    def url(self, gateway: str) -> str | None:
        """Where a gateway answers consumers, as this place reaches it; None where it is not here."""

    def running(self, gateway: str) -> Running | None:
        """What its Caddy runs; None where it is not here."""

    def sharing(self, gateway: str) -> tuple[str, ...]:
        """Other gateways of this place that are led by this one's alias."""

    def watched(self, gateway: str) -> Mapping[int, int | None] | None:
        """The chains whose heads are watched, each with the blocks that a belt may be behind.

        None where nobody was asked to watch any.
        """

    def announces(self, gateway: str) -> bool:
        """Whether somebody was asked for who announces its moves."""

    def unread(self) -> tuple[str, ...]:
        """What of any belt or gateway here cannot be read, in words: so much nobody can look at."""

    def unfinished(self, belt: str) -> tuple[str, ...]:
        """Of which parts something was asked last that may not be what runs, in words."""

    def apart(self, belt: str, stated: Mapping[str, str]) -> tuple[str, ...]:
        """Which parts were asked for otherwise than a stack says, in words.

        `stated` is what the stack's state holds of each part, as this place was asked by it. A stack that
        holds nothing of any was not what asked for them.
        """

    def down(self, belt: str) -> tuple[str, ...]:
        """The parts that were asked for and do not run."""

    def hung(self, belt: str) -> tuple[str, ...]:
        """The parts that hang, and that nobody restarts any more, in words."""

    def idle(self) -> tuple[str, ...]:
        """The belts that serve nobody and that nobody was seen to read for days, in words."""

    def disk(self) -> Disk | None:
        """The room that its belts have left, and how fast it goes; None where nobody here can see it."""

    def database(self, belt: str) -> str | None:
        """The URL of a belt's database for one who may only read; None where this place keeps none for it."""

    def seals(self, belt: str) -> str | None:
        """The secret by which a belt's answers are told; None where this place keeps none for it."""
