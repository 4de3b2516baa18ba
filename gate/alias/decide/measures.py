"""How atomic the last moves of an alias that lives elsewhere were: what its writer was seen to do."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from belts.reading.duration import shown
from gate.alias.store import AliasRefused, Store, Unset
from gate.amounts import amount
from gate.policy.alias import AliasPolicy

NAME = "measures.json"
VERSION = 1
KEPT = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One move by one writer; `mixed` is None where nobody could tell."""

    writer: str
    belt: str
    since: str
    asked: int
    failed: int
    mixed: timedelta | None

    @property
    def words(self) -> str:
        """What it was like."""
        both = "nobody could tell how long both answered"
        if self.mixed is not None:
            both = f"both belts answered for {self.mixed.total_seconds():.2f} s"
        return (
            f"moving to {self.belt} at {self.since}, {both} and {self.failed} of {self.asked} requests failed"
        )


def note(store: Store, measure: Measure) -> None:
    """Keeps it beside the alias, with the last ones before it."""
    measures = (*noted(store), measure)[-KEPT:]
    store.keep(NAME, json.dumps({"version": VERSION, "moves": [_out(each) for each in measures]}))


def noted(store: Store) -> tuple[Measure, ...]:
    """The last moves, oldest first; raises `AliasRefused` where something else stands there."""
    try:
        text = store.kept(NAME)
        if text is None:
            return ()
        kept = json.loads(text)
        if kept["version"] != VERSION:
            raise _damaged(store, f"version {kept['version']}")
        return tuple(_in(each) for each in kept["moves"])
    except OSError as error:
        raise _damaged(store, error.strerror or type(error).__name__) from None
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(store, type(error).__name__) from None


def worse(store: Store, writer: str, policy: AliasPolicy) -> AliasRefused | None:
    """The refusal of a writer that was seen to move the alias worse than the policy allows."""
    own = [each for each in noted(store) if each.writer == writer]
    seen = [each.words for each in own if _is_worse(each, policy)]
    if not seen:
        return None
    return Unset(
        "the alias stays where it is: what moves it was seen to be worse than the policy allows",
        expected=f"both belts to answer for no more than {shown(policy.longest_mixed)} at a move, and "
        f"{amount(policy.most_failed, 'request')} of the gate's to fail",
        seen="; ".join(seen),
        now="change `set` of the stack's `alias` for one that switches at once, or raise "
        "`alias.longestMixed` or `alias.mostFailed` in the policy, which is listed as loosened",
    )


def _is_worse(measure: Measure, policy: AliasPolicy) -> bool:
    mixed = measure.mixed or timedelta()
    return mixed > policy.longest_mixed or measure.failed > policy.most_failed


def _out(measure: Measure) -> dict[str, Any]:
    return {
        "writer": measure.writer,
        "belt": measure.belt,
        "since": measure.since,
        "asked": measure.asked,
        "failed": measure.failed,
        "mixedSeconds": None if measure.mixed is None else measure.mixed.total_seconds(),
    }


def _in(kept: dict[str, Any]) -> Measure:
    mixed = kept["mixedSeconds"]
    return Measure(
        writer=str(kept["writer"]),
        belt=str(kept["belt"]),
        since=str(kept["since"]),
        asked=int(kept["asked"]),
        failed=int(kept["failed"]),
        mixed=None if mixed is None else timedelta(seconds=float(mixed)),
    )


def _damaged(store: Store, seen: str) -> AliasRefused:
    return AliasRefused(
        "the alias stays where it is",
        expected=f"in {NAME} at {store} how its last moves went",
        seen=f"something else ({seen})",
        now="move that file away; what it held is then forgotten",
    )
