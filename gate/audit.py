"""Compares the four places that say who serves, and tells every disagreement with its cause and its cure.

Pure: what was seen goes in, findings come out. The gateway, the alias, the ledger and Pulumi's state are each
`Unseen` where they could not be looked at; what could not be looked at is never in agreement.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Unseen:
    """One of the places could not be looked at."""

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Says:
    """Who serves, as one of the places tells it; nobody where `belt` is None."""

    belt: str | None
    identity: str | None = None
    move: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What was seen, and by what each belt of the host is held."""

    gateway: Says | Unseen
    alias: Says | Unseen
    ledger: Says | Unseen
    state: Says | Unseen
    unended: int | None = None
    unbooked: bool = False
    leased: frozenset[str] = frozenset()
    behind: str | None = None
    behind_soaks: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """One thing that is not as it should be."""

    outcome: Outcome
    seen: str
    cause: str
    cure: str


def audit(scene: Scene) -> tuple[Disagreement, ...]:
    """Every disagreement; none where all places tell the same."""
    return tuple(_disagreements(scene))


def _disagreements(scene: Scene) -> Iterator[Disagreement]:
    for name, place in (
        ("the gateway", scene.gateway),
        ("the alias", scene.alias),
        ("the ledger", scene.ledger),
        ("Pulumi's state", scene.state),
    ):
        if isinstance(place, Unseen):
            yield Disagreement(
                outcome=Outcome.COULD_NOT_TELL,
                seen=f"{name} could not be looked at: {place.why}",
                cause="it is down, or this program may not read it",
                cure="bring it back, then run the audit again",
            )
    if isinstance(scene.alias, Says):
        yield from _gateway(scene.gateway, scene.alias)
        yield from _ledger(scene, scene.alias)
        yield from _state(scene.state, scene.alias)
        yield from _lease(scene, scene.alias)


def _gateway(gateway: Says | Unseen, alias: Says) -> Iterator[Disagreement]:
    if isinstance(gateway, Says) and gateway.belt != alias.belt:
        yield Disagreement(
            outcome=Outcome.FAILED,
            seen=f"the gateway answers from {_who(gateway)}, the alias leads to {_who(alias)}",
            cause="another gateway listens there, or it was configured through its admin endpoint",
            cure="`python -m belts.host heal`, which gives the gateway its own configuration back",
        )


def _ledger(scene: Scene, alias: Says) -> Iterator[Disagreement]:
    if not isinstance(scene.ledger, Says):
        return
    if scene.unended is not None:
        yield Disagreement(
            outcome=Outcome.FAILED,
            seen=f"move {scene.unended} has no result",
            cause="an update was interrupted while it moved the alias",
            cure="`pulumi up` on the gateway's stack finishes or undoes it",
        )
    elif scene.unbooked:
        yield Disagreement(
            outcome=Outcome.FAILED,
            seen=f"the alias went back to {alias.belt}, and the ledger does not know",
            cause="the rollback was made while the ledger did not answer",
            cure="`pulumi up` on the gateway's stack books it",
        )
    elif (scene.ledger.belt, scene.ledger.identity) != (alias.belt, alias.identity):
        yield Disagreement(
            outcome=Outcome.FAILED,
            seen=f"the alias leads to {_who(alias)}, and by the ledger {_who(scene.ledger)} serves",
            cause="the alias was moved by hand, or one of the two was restored from a backup",
            cure="`pulumi up` on the gateway's stack judges the way to the belt that its config names",
        )


def _state(state: Says | Unseen, alias: Says) -> Iterator[Disagreement]:
    if isinstance(state, Says) and (state.belt, state.identity) != (alias.belt, alias.identity):
        yield Disagreement(
            outcome=Outcome.FAILED,
            seen=f"by Pulumi's state {_who(state)} serves, the alias leads to {_who(alias)}",
            cause="the alias was moved past Pulumi, or the state was edited, imported or cut off",
            cure="`pulumi preview` on the gateway's stack shows the way back; `pulumi up` goes it, judged",
        )


def _lease(scene: Scene, alias: Says) -> Iterator[Disagreement]:
    if alias.belt is not None and alias.belt not in scene.leased:
        yield Disagreement(
            outcome=Outcome.FAILED,
            seen=f"{alias.belt} serves, and nothing holds it on its host",
            cause="its lease was removed, or the belt runs on another host",
            cure="`pulumi up` on the gateway's stack writes the lease again",
        )
    if scene.behind is not None and scene.behind_soaks and scene.behind not in scene.leased:
        yield Disagreement(
            outcome=Outcome.FAILED,
            seen=f"{scene.behind} should soak, and nothing holds it on its host",
            cause="its lease was removed",
            cure="`pulumi up` on the gateway's stack writes the lease again",
        )


def _who(says: Says) -> str:
    return says.belt or "nobody"
