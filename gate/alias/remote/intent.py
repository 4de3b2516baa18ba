"""What is noted of a move of an alias elsewhere before it begins, and where its belts were set."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.alias.state import Served, decode, encode
from gate.alias.store import AliasRefused, Store

INTENT = "intent.json"
PLACES = "places.json"
VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """From where to where the alias is being moved, by the addresses that `get` tells it by.

    `before` is what was recorded then, `after` what is, once `get` tells of `new`. Both None: to nobody.
    """

    before: Served | None
    after: Served | None
    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where each belt was led to when it was last set, and what `get` told before the first move of all."""

    found: str = ""
    of: Mapping[str, str] = field(default_factory=dict)


def note(store: Store, intent: Intent) -> None:
    """Keeps it, whole and durable."""
    told = {
        "before": None if intent.before is None else encode(intent.before),
        "after": None if intent.after is None else encode(intent.after),
        "old": intent.old,
        "new": intent.new,
    }
    store.keep(INTENT, json.dumps({"version": VERSION, "intent": told}))


def noted(store: Store) -> Intent | None:
    """The move that is under way, or was cut off; None where none is."""
    kept = _kept(store, INTENT, "intent")
    if kept is None:
        return None
    try:
        return Intent(
            before=None if kept["before"] is None else decode(kept["before"]),
            after=None if kept["after"] is None else decode(kept["after"]),
            old=str(kept["old"]),
            new=str(kept["new"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(store, INTENT, type(error).__name__) from None


def place(store: Store, places: Places) -> None:
    """Keeps where belts are."""
    told = {"found": places.found, "of": dict(sorted(places.of.items()))}
    store.keep(PLACES, json.dumps({"version": VERSION, "places": told}))


def placed(store: Store) -> Places | None:
    """Where belts are; None before the first move."""
    kept = _kept(store, PLACES, "places")
    if kept is None:
        return None
    try:
        of = {str(belt): str(address) for belt, address in kept["of"].items()}
        return Places(found=str(kept["found"]), of=of)
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(store, PLACES, type(error).__name__) from None


def _kept(store: Store, name: str, key: str) -> Any:
    """What is kept under a name, in the version that is read here."""
    try:
        text = store.kept(name)
        if text is None:
            return None
        kept = json.loads(text)
        if kept["version"] != VERSION:
            raise _damaged(store, name, f"version {kept['version']}")
        return kept[key]
    except OSError as error:
        raise _damaged(store, name, error.strerror or type(error).__name__) from None
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(store, name, type(error).__name__) from None


def _damaged(store: Store, name: str, seen: str) -> AliasRefused:
    return AliasRefused(
        "the alias stays where it is",
        expected=f"in {name} at {store} what this release has written",
        seen=f"something else ({seen})",
        now="run this with the release that wrote it, or restore the file; it says how a move began",
    )
