"""What one look at a belt found: plain data from which the causes are derived."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from belts.runtimes.disk import Disk

RECENT_BYTES = 16 * 1024
"""This much of the end of a log describes the present."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """The end of a program's log, without secrets."""

    file: str
    text: str = ""
    settled: bool = False
    """Whether the program has run for a while since: what ended it before is over."""

    def line(self, *words: str) -> str:
        """The last recent line that contains one of these words, ignoring case; else empty."""
        return _last(self.text[-RECENT_BYTES:], words)

    def ending(self, *words: str) -> str:
        """The last line about what ended the program; empty if it runs well again."""
        return "" if self.settled else _last(self.text, words)


NO_LOG = Log(file="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """An RPC that a chain is indexed from, and how it answers now."""

    chain: int
    origin: str
    serves: int | None = None
    """The chain that it claims to serve; None if it does not answer."""
    head: int | None = None
    age_s: float | None = None
    """The age of its newest block."""
    interval_s: float | None = None
    """How long each of its last blocks took."""
    trouble: str = ""
    """The error in place of an answer."""
    untrusted: bool = False
    """Whether the error is about its certificate."""
    busy: bool = False
    """Whether it reports that its rate limit is exceeded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Symptoms:
    """The state of a belt at one moment."""

    belt: str
    root: str
    down: tuple[str, ...] = ()
    """Programs that should run and do not."""
    supervised: bool = True
    logs: Mapping[str, Log] = field(default_factory=dict)
    database: str = ""
    """Why Postgres does not let its owner in; empty if it does."""
    asked_chains: frozenset[int] = frozenset()
    seeded_chains: frozenset[int] | None = None
    """None if there is no chain table, or it could not be read."""
    progress: Mapping[int, int] = field(default_factory=dict)
    untracked: str | None = None
    heap_used: float | None = None
    """The fraction of its heap that the indexer uses."""
    providers: tuple[Provider, ...] = ()
    by_hypersync: tuple[int, ...] = ()
    """Chains that are indexed from Envio's own service."""
    has_token: bool = True
    pinned_version: str = ""
    seeded_version: str = ""
    strangers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other listeners on the port of a part, by part."""
    orphans: tuple[str, ...] = ()
    """Processes of the belt that no supervisor keeps."""
    disk: Disk | None = None
    unlooked: tuple[str, ...] = ()
    """Descriptions of what could not be looked at."""

    def log(self, program: str) -> Log:
        return self.logs.get(program, NO_LOG)


def _last(text: str, words: tuple[str, ...]) -> str:
    wanted = tuple(word.lower() for word in words)
    found = [line for line in text.splitlines() if any(word in line.lower() for word in wanted)]
    return " ".join(found[-1].split())[:300] if found else ""
