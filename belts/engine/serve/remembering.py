"""Keeps who reads the engine in a file: one that is started anew knows who read the one before it.

Time is counted by the clock of the machine's boot, which no correction of the date moves. After another boot
nobody tells how long it was away: then all of them have read just now. So has whoever had a socket open.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from belts.engine.serve.readers import Past, Readers
from belts.files import read, replace, why_unread

VERSION = 1
EVERY_S = 1.0
"""Who asked for the first time so shortly before the engine was killed is not remembered."""
BOOT = Path("/proc/sys/kernel/random/boot_id")
UNKNOWN = Past(key=("unknown", b"", "unknown"), asked=1, last=None)
"""Somebody read, and who it was cannot be told any more."""

_LOG = logging.getLogger("belts.engine")


class Remembering:
    """What one engine leaves to the next one, beside its metadata."""

    def __init__(
        self,
        readers: Readers,
        metadata: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        boot: Callable[[], str] = lambda: BOOT.read_text().strip() if BOOT.exists() else "",
    ) -> None:
        self._readers = readers
        self._file = metadata.with_name(f"{metadata.name}.readers")
        self._clock = clock
        self._boot = boot
        self._kept: list[Any] | None = None
        self._failed = False

    def recall(self) -> None:
        """Takes over what was kept; what cannot be read was somebody."""
        try:
            began, past = self._read(orjson.loads(read(self._file)))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as why:
            _LOG.warning("who read before cannot be read in %s (%s)", self._file, type(why).__name__)
            began, past = self._clock(), (UNKNOWN,)
        self._readers.recall(began, past)

    async def watch(self) -> None:
        """Until it is cancelled, and once more then."""
        try:
            while True:
                self.keep()
                await asyncio.sleep(EVERY_S)
        finally:
            self.keep()

    def keep(self) -> None:
        """Whoever read of late. A disk that takes no more keeps nobody from being answered."""
        began, past = self._readers.past()
        listed = [
            [host, agent.decode("latin-1"), client, each.asked, each.last]
            for each in past
            for host, agent, client in (each.key,)
        ]
        if listed == self._kept:
            return
        content = {"version": VERSION, "boot": self._boot(), "began": began, "readers": listed}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            replace(self._file, orjson.dumps(content), lasting=False)
        except OSError as why:
            if not self._failed:
                _LOG.warning("who reads cannot be kept in %s: %s", self._file, why_unread(why))
            self._failed = True
            return
        self._kept, self._failed = listed, False

    def _read(self, kept: Any) -> tuple[float, tuple[Past, ...]]:
        if kept["version"] != VERSION:
            raise ValueError(f"version {kept['version']}")
        same = kept["boot"] == self._boot() != ""
        past = tuple(
            Past(
                key=(str(host), str(agent).encode("latin-1"), str(client)),
                asked=int(asked),
                last=float(last) if same and last is not None else None,
            )
            for host, agent, client, asked, last in kept["readers"]
        )
        return (float(kept["began"]) if same else self._clock()), past
