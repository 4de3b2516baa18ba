"""Summarises how two policies differ in meaning: entries by name, each change once.

`difference` lists every value; this is what an operator reads first.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Entries = Mapping[str, Any]
Change = tuple[str, str, str]
"""An entry, or nothing for a plain setting; the setting; and how it changed."""

LISTED = 4
"""How many entries are named before only their number is shown."""
LONGEST = 60

ONES: Mapping[str, tuple[str, str]] = {
    "chains": ("chain", "chains"),
    "entities": ("entity", "entities"),
    "groundTruth": ("event of the ground truth", "events of the ground truth"),
    "accept": ("accepted part", "accepted parts"),
    "unproved": ("thing that nobody has to prove", "things that nobody has to prove"),
}
"""The singular and plural of a section's entries; other sections use their own names."""

NAMES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "groundTruth": lambda entry: (
        f"{_event(entry)} of {_short(entry.get('contract'))} on {entry.get('chain')}"
    ),
    "accept": lambda entry: str(entry.get("part")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """A policy compared with that of the last promotion: in a sentence, in meaning, and value by value."""

    told: str = ""
    changes: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


NOT_COMPARED = Since()


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What changed, in as few lines as possible; both policies are as the ledger stores them."""
    was, is_ = _sections(before), _sections(now)
    return tuple(
        line
        for section in dict.fromkeys((*was, *is_))
        for line in _section(section, was.get(section), is_.get(section))
    )


def _sections(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The policy's keys as sections; each kind of waiver is one."""
    waivers = policy.get("waivers")
    kinds = waivers if isinstance(waivers, Mapping) else {}
    plain = {key: value for key, value in policy.items() if key != "waivers" or value is not kinds}
    return plain | {f"waivers.{kind}": entries for kind, entries in kinds.items()}


def _section(section: str, was: Any, now: Any) -> Iterator[str]:
    """The changes of one section: by entry if it has some, else of its value."""
    if _same(was, now):
        return
    old, new = _entries(section, was), _entries(section, now)
    if old is None or new is None:
        yield f"{section} {_arrow(was, now)}"
        return
    yield from _counted(section, "added", [name for name in new if name not in old])
    yield from _counted(section, "removed", [name for name in old if name not in new])
    yield from _grouped(section, [each for name in old if name in new for each in _within(name, old, new)])


def _entries(section: str, value: Any) -> Entries | None:
    """The entries of a section by name; `None` if it is a plain value."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str):
        named = NAMES.get(section, _named)
        found: dict[str, Any] = {}
        for entry in value:
            name = named(entry) if isinstance(entry, Mapping) else _shown(entry)
            while name in found:
                name += "'"  # two equal entries get two names
            found[name] = entry
        return found
    return None


def _within(name: str, old: Entries, new: Entries) -> Iterator[Change]:
    """The changed settings of one entry."""
    was, now = old[name], new[name]
    if not isinstance(was, Mapping) or not isinstance(now, Mapping):
        if not _same(was, now):
            yield "", name, _arrow(was, now)
        return
    for setting in dict.fromkeys((*was, *now)):
        if not _same(was.get(setting), now.get(setting)):
            yield name, setting, _arrow(was.get(setting), now.get(setting))


def _grouped(section: str, found: Sequence[Change]) -> Iterator[str]:
    """Groups the same change of several entries into one line."""
    alike: dict[tuple[str, str], list[str]] = {}
    for entry, setting, became in found:
        alike.setdefault((setting, became), []).append(entry)
    for (setting, became), entries in alike.items():
        if entries == [""]:
            yield f"{section}.{setting} {became}"
        else:
            yield f"{setting} {became} on {_count(section, entries)}"


def _counted(section: str, became: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"{_count(section, names)} {became}"


def _count(section: str, names: Sequence[str]) -> str:
    one, many = ONES.get(section, (f"entry of {section}", f"entries of {section}"))
    listed = ", ".join(map(_cut, names[:LISTED]))
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{len(names)} {one if len(names) == 1 else many} ({listed}{more})"


def _named(entry: Mapping[str, Any]) -> str:
    """Names an entry of a list by all its keys except reason and expiry, which may change."""
    return ", ".join(
        f"{key} {_shown(value)}" for key, value in sorted(entry.items()) if key not in {"reason", "expires"}
    )


def _event(entry: Mapping[str, Any]) -> str:
    return str(entry.get("event")).partition("(")[0]


def _short(contract: Any) -> str:
    text = str(contract)
    return f"{text[:6]}…{text[-4:]}" if len(text) > len("0x1234…abcd") else text


def _arrow(was: Any, now: Any) -> str:
    if was is None:
        return f"{_shown(now)}, was not set"
    if now is None:
        return f"no longer set, was {_shown(was)}"
    return f"{_shown(was)} → {_shown(now)}"


def _shown(value: Any) -> str:
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _same(one: Any, other: Any) -> bool:
    """True if two values are equal; `1` is not `true`, and the order of keys does not matter."""
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)
