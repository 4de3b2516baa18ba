"""What one look at a belt has seen: plain data, from which the causes are found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from belts.runtimes.disk import Disk

RECENT_BYTES = 16 * 1024
"""So much of the end of a log is about what goes on now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """The end of what a program has written, without secrets."""

    file: str
    text: str = ""
    settled: bool = False
    """Whether the program has run for a while since: what ended it before is over."""

    def line(self, *words: str) -> str:
        """The last line that goes on now and holds one of these, whatever its letters' case; else empty."""
        return _last(self.text[-RECENT_BYTES:], words)

    def ending(self, *words: str) -> str:
        """The same of what ended the program: of one that runs well again, nothing."""
        return "" if self.settled else _last(self.text, words)


NO_LOG = Log(file="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """An RPC that a chain is indexed from, as it answers now."""

    chain: int
    origin: str
    serves: int | None = None
    """The chain that it says it serves; None where it does not answer."""
    head: int | None = None
    age_s: float | None = None
    """How old its newest block is."""
    interval_s: float | None = None
    """How long its last blocks took, each."""
    trouble: str = ""
    """What came instead of an answer."""
    untrusted: bool = False
    """Whether its certificate is what was wrong."""
    busy: bool = False
    """Whether it says that it is asked too much."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Symptoms:
    """A belt, at one moment."""

    belt: str
    root: str
    down: tuple[str, ...] = ()
    """Programs that should run and do not."""
    supervised: bool = True
    silent: Mapping[str, str] = field(default_factory=dict)
    """Programs that run and do not answer, and what is heard instead."""
    logs: Mapping[str, Log] = field(default_factory=dict)
    database: str = ""
    """What Postgres says instead of letting its owner in; empty where it does."""
    asked_chains: frozenset[int] = frozenset()
    seeded_chains: frozenset[int] | None = None
    """None where there is no chain table, or it could not be read."""
    progress: Mapping[int, int] = field(default_factory=dict)
    untracked: str | None = None
    heap_used: float | None = None
    """Which part of its heap the indexer has taken."""
    providers: tuple[Provider, ...] = ()
    by_hypersync: tuple[int, ...] = ()
    """Chains that Envio's own service is asked for."""
    has_token: bool = True
    pinned_version: str = ""
    seeded_version: str = ""
    strangers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who else listens on the port of a part, by part."""
    orphans: tuple[str, ...] = ()
    """Processes of the belt that no supervisor keeps."""
    disk: Disk | None = None
    unlooked: tuple[str, ...] = ()
    """What could not be looked at, in words."""

    def log(self, program: str) -> Log:
        return self.logs.get(program, NO_LOG)


def _last(text: str, words: tuple[str, ...]) -> str:
    wanted = tuple(word.lower() for word in words)
    found = [line for line in text.splitlines() if any(word in line.lower() for word in wanted)]
    return " ".join(found[-1].split())[:300] if found else ""
