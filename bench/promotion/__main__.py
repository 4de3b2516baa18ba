"""`python -m bench.promotion`: what `pulumi up` of a promotion takes beside a rollback's, on the demo.

The demo of this checkout has to stand, with green serving. Each round goes back to blue, asks in a preview
what the way to green would be, and goes there: nothing changes in between but what live chains bring.
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from belts.refusal import Refusal
from bench.engine.__main__ import machine
from demo.belt import Belt
from demo.engine import Engine
from tools.environment import environment

MOST = 2.5
"""The limit of a promotion's update, as a multiple of a rollback's."""


class Stopped(Refusal):
    """The demo is not in the state that a round needs."""

    def __init__(self, expected: str, *, seen: str, output: str) -> None:
        super().__init__(
            "nothing was measured",
            expected=expected,
            seen=seen,
            now="bring the demo up with `make demo`, then run the same again",
            log_tail=output,
        )


@dataclass(frozen=True, kw_only=True)
class Round:
    """The seconds of one rollback, of the preview of the promotion, and of the promotion."""

    rollback: float
    preview: float
    promotion: float

    @property
    def ratio(self) -> float:
        return self.promotion / self.rollback


def main() -> int:
    """Returns 0 if the figure holds, 1 if it does not, 2 if nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.promotion", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="medians are taken")
    parser.add_argument("--output", type=Path, help="a file for the results, such as RESULTS.md beside this")
    options = parser.parse_args()
    engine = Engine(directory=Path.cwd(), environment=environment(), tell=_quiet)
    try:
        rounds = [_round(engine) for _ in range(options.rounds)]
        rows = sum(Belt(outputs=engine.outputs("green"), rpc={}).rows().values())
    except Stopped as stopped:
        sys.stderr.write(f"{stopped}\n")
        return 2
    text = report(rounds, rows)
    sys.stdout.write(text)
    if options.output:
        options.output.write_text(text)
    return 0 if held(rounds) else 1


def _quiet(_: str) -> None:
    """Ignores the progress messages of an update."""


def _round(engine: Engine) -> Round:
    rollback = _update(engine, "blue")
    engine.set("gateway", "upstream", "green")
    began = time.monotonic()
    preview = engine.preview("gateway")
    seconds = time.monotonic() - began
    if not preview.passed:
        raise Stopped("green to pass the gate in a preview", seen="it was refused", output=preview.text)
    return Round(rollback=rollback, preview=seconds, promotion=_update(engine, "green"))


def _update(engine: Engine, to: str) -> float:
    """The seconds of one update that moves the alias."""
    engine.set("gateway", "upstream", to)
    began = time.monotonic()
    said = engine.up("gateway")
    seconds = time.monotonic() - began
    how = "rolled back" if to == "blue" else "promoted"
    if f"{to} serves: {how}" not in said:
        raise Stopped(f"{to} to be {how}", seen="what the engine says", output=said)
    return seconds


def ratio(rounds: list[Round]) -> float:
    """The ratio of medians, since a single slow update says little."""
    promotion = statistics.median(each.promotion for each in rounds)
    return promotion / statistics.median(each.rollback for each in rounds)


def held(rounds: list[Round]) -> bool:
    """Whether the figure is within its limit."""
    return ratio(rounds) <= MOST


def report(rounds: list[Round], rows: int) -> str:
    """The figures as a page."""
    verdict = "yes" if held(rounds) else "no"
    about = (
        f"{datetime.now(UTC):%Y-%m-%d}, `python -m bench.promotion --rounds {len(rounds)}` on the demo with"
        f" {rows:,} rows: `pulumi up` of each, by the clock, the look after the swap included. Medians."
    )
    lines = [
        "# A promotion beside a rollback",
        "",
        about,
        "",
        *machine(),
        "",
        "| figure | measured | limit | held |",
        "| --- | --- | --- | --- |",
        f"| a promotion's update, to a rollback's | {ratio(rounds):.1f} | ≤ {MOST:g} | {verdict} |",
        "",
        "| rollback s | preview s | promotion s | ratio |",
        "| --- | --- | --- | --- |",
        *(
            f"| {each.rollback:.1f} | {each.preview:.1f} | {each.promotion:.1f} | {each.ratio:.1f} |"
            for each in rounds
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
