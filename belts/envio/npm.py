"""Reads npm's lock file: each entry is the folder that its package is put into."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from belts.envio.locked import Lock, Locked, machines
from belts.envio.release import GENERATED

FILE = "package-lock.json"
FORM = "a lock file as npm 7 and later ones write it"
PLACE = "node_modules/"


def lock(text: str) -> Lock:
    """What it installs; raises `ValueError`, `TypeError`, `AttributeError`, `KeyError` for another form."""
    entries = json.loads(text)["packages"]
    own = entries.get(GENERATED) or None  # an empty one was written before the code was generated
    packages = tuple(sorted(_packages(entries), key=lambda each: each.place))
    return Lock(file=FILE, packages=packages, generated=own)


def _packages(entries: Mapping[str, Any]) -> Iterator[Locked]:
    for place, entry in entries.items():
        if place in {"", GENERATED, PLACE + GENERATED}:
            continue
        yield Locked(
            name=place.rpartition(PLACE)[2],  # whatever it calls itself: an alias is imported by the folder
            version=str(entry.get("version") or entry.get("resolved")).removeprefix("v"),
            integrity=entry.get("integrity"),
            place=place,
            bundled=bool(entry.get("inBundle")) and place.count(PLACE) > 1,
            **machines(entry),
        )
