"""Reads the values of a map one by one and keeps every mistake, so that all are reported at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from belts.reading.kinds import Fault, Kind, Unfit, Where
from belts.reading.mistakes import Mistake, below, shown, unknown

MISSING: Any = object()


@dataclass(kw_only=True, slots=True)
class Fields:
    """One map, at `path`. Each value is asked for by its key; `done` refuses those that never were.

    A value that is wrong is kept as a mistake and replaced by one of the right type, so that reading goes on.
    `hidden` are keys whose values are secret and never shown. Where the whole map is `absent`, that was told
    already and its fields are not told again. At the top of a stack's file every value is a text.
    """

    values: Mapping[str, Any]
    mistakes: list[Mistake]
    path: str = ""
    directory: Path | None = None
    hidden: frozenset[str] = frozenset()
    absent: bool = False
    texts: bool = False
    known: list[str] = field(default_factory=list)

    def at(self, key: str) -> str:
        """Where this key stands, as the operator would write it."""
        return below(self.path, key)

    def has(self, key: str) -> bool:
        """Whether anything stands under this key."""
        return self.values.get(key) not in (None, "")

    def read(self, key: str, kind: Kind, default: Any = MISSING) -> Any:
        """The value under this key, of this kind; where there is none the default, else a mistake."""
        self.known.append(key)
        value = self.values.get(key)
        if not self.has(key) and self.directory is not None:
            value = kind.otherwise
            if kind.rule:
                return kind.stand_in
        if value in (None, ""):
            if default is MISSING:
                self.wrong(key, kind.expected, got="nothing")
            return kind.stand_in if default is MISSING else default
        if self.texts and isinstance(value, str):
            value = kind.from_text(value)
        where = Where(key=key, directory=self.directory, secret=key in self.hidden)
        try:
            return kind.read(value, where)
        except Unfit as unfit:
            for fault in unfit.faults or [Fault(expected=kind.expected)]:
                self._keep(key, fault)
            return kind.stand_in if default is MISSING else default

    def section(self, key: str, *, optional: bool = False) -> "Fields":
        """The fields of the map under this key."""
        self.known.append(key)
        value = self.values.get(key)
        missing = value is None or value == ""
        if not isinstance(value, Mapping) and not (missing and optional):
            self.wrong(key, "a map of settings", got="nothing" if missing else None)
        hidden = frozenset(value) if isinstance(value, Mapping) and key in self.hidden else frozenset()
        return self._inner(self.at(key), value, optional=missing and optional, hidden=hidden)

    def sections(self, key: str, *, optional: bool = False) -> tuple["Fields", ...]:
        """The maps in the list under this key, of which there is at least one."""
        self.known.append(key)
        value = self.values.get(key)
        if optional and value in (None, []):
            return ()
        if not isinstance(value, list) or not value:
            expected = "a list of maps" if value is None else "a list of maps, not empty"
            self.wrong(key, expected, got="nothing" if value is None else None)
            return ()
        return tuple(self._item(f"{self.at(key)}[{index}]", each) for index, each in enumerate(value))

    def wrong(self, key: str, expected: str, *, got: str | None = None, within: str = "") -> None:
        """Keep a mistake about what stands under this key, or within the file that it names."""
        path = f"{self.at(key)} ({within})" if within else self.at(key)
        if got is None:
            got = "a secret" if key in self.hidden else shown(self.values.get(key))
        self._note(path, expected, got)

    def distinct(self, expected: str, values: Iterable[tuple[str, int]]) -> None:
        """Keep a mistake for each value that stands under more than one path."""
        paths = defaultdict(list)
        for path, value in values:
            paths[value].append(self.at(path))
        for value, (first, *others) in paths.items():
            for other in others if value else ():
                self._note(other, expected, f"{value}, which is also {first}")

    def done(self) -> None:
        """Refuse every key that was never asked for; say which one may be meant."""
        for key in self.values.keys() - set(self.known):
            if not self.absent:
                self.mistakes.append(unknown(self.path, key, self.known))

    def _keep(self, key: str, fault: Fault) -> None:
        if not fault.at:
            self.wrong(key, fault.expected, got=fault.got)
            return
        got = fault.got or ("a secret" if key in self.hidden else shown(self.values[key][fault.at]))
        self._note(f"{self.at(key)}.{fault.at}", fault.expected, got)

    def _note(self, path: str, expected: str, got: str) -> None:
        if not self.absent:
            self.mistakes.append(Mistake(path=path, expected=expected, got=got))

    def _item(self, path: str, value: object) -> "Fields":
        if not isinstance(value, Mapping):
            self._note(path, "a map of settings", shown(value))
        return self._inner(path, value)

    def _inner(
        self, path: str, value: object, *, optional: bool = False, hidden: frozenset[str] = frozenset()
    ) -> "Fields":
        whole = isinstance(value, Mapping)
        return Fields(
            values=value if isinstance(value, Mapping) else {},
            mistakes=self.mistakes,
            path=path,
            directory=self.directory,
            hidden=hidden,
            absent=self.absent or not (whole or optional),
        )
