"""Proves a belt's whole history in rounds: each one asks for what is open and reads all rows once."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from belts.provider.routes import allowance
from belts.reading.mistakes import MistakesError
from gate.boundary import words_of
from gate.checks.history import points, summary
from gate.looking import connected
from gate.observations.history import History
from gate.outcome import Outcome
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from gate.proof.forecast import Forecast, in_words
from gate.proof.prover import Prover
from gate.proof.store import Folder
from gate.proving.settings import Settings, without_own_sources

ROUND_SECONDS = 20 * 24 * 3600.0
AGAIN_SECONDS = 60.0
"""The minimum rest after a round that did not prove everything, as while the belt is filling."""
PROVED_SECONDS = 300.0
"""The minimum rest after a complete round: little becomes final in between."""
MOST_AGAIN = 3
"""Ranges of one chain that a round asks for again; there are many rounds."""
SHARE = 20
"""After reading rows, the prover leaves the belt's database alone for this many times as long."""
PROVED = "proved"
MOST_SAID = 5
"""Points of a round that are logged one by one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rounds:
    """A prover that never ends by itself: `say` writes to the log, `note` publishes the progress."""

    settings: Settings
    say: Callable[[str], None]
    note: Callable[[str], None]
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep
    log_every: float = 60.0

    async def run(self) -> None:
        """Runs round after round; a failure is logged, and retried after a rest."""
        while True:
            forecast = Forecast(tell=self._telling())
            history = await self._round(forecast)
            line = self._told(history)
            least = PROVED_SECONDS if line.startswith(PROVED) else AGAIN_SECONDS
            seconds = max(least, SHARE * forecast.reading)
            self.note(line)
            self.say(f"{line}; the next round begins in {in_words(seconds)}")
            await self.rest(seconds)

    def _telling(self) -> Callable[[str], None]:
        """Returns a function that notes every line and logs one a minute."""
        logged = [float("-inf")]

        def tell(line: str) -> None:
            self.note(line)
            if time.monotonic() - logged[0] >= self.log_every:
                logged[0] = time.monotonic()
                self.say(line)

        return tell

    async def _round(self, forecast: Forecast) -> History | str:
        settings = self.settings
        folder = Folder(directory=settings.evidence, seal=settings.seal)
        prover = Prover(keeping=folder, forecast=forecast, most_again=MOST_AGAIN)
        try:
            policy = without_own_sources(settings.policy, settings.sources)
            relayed = settings.routes.exists()
            async with connected() as http:
                world = World(
                    endpoints=settings.endpoints,
                    policy=policy,
                    http=http,
                    seed=secrets.randbits(32),
                    began=datetime.now(UTC),
                    ends=time.monotonic() + ROUND_SECONDS,
                    allowance=allowance(settings.routes) if relayed else None,
                )
                return await prover.prove(world)
        except UnseenError as unseen:
            return unseen.unobserved.reason
        except MistakesError as error:
            return error.brief
        except MemoryError:
            return f"{settings.memory_mb} MB of memory are too few for it: raise `belts:prove.memoryMb`"
        except Exception as error:  # noqa: BLE001 - one round that broke is no reason to prove nothing any more
            return f"the round broke: {words_of(error)}"

    def _told(self, history: History | str) -> str:
        """One round in one line; everything that did not pass is logged."""
        if isinstance(history, str):
            return f"could not tell: {history}"
        told = list(points(history, self.settings.policy))
        worst = max(point.outcome for point in told)
        for point in [one for one in told if one.outcome is not Outcome.PASSED][:MOST_SAID]:
            self.say(f"{point.outcome.words}: {point.observed}")
            for line in point.evidence[:MOST_SAID]:
                self.say(f"  {line}")
        whole = summary(history)
        if worst is Outcome.PASSED:
            return f"{PROVED}: {whole}"
        first = next(point for point in told if point.outcome is worst)
        return f"{worst.words}: {first.observed} ({whole})"
