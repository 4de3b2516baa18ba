"""The bench of a promotion: it holds the figure, and measures nothing but what it says."""

import pytest

from bench.promotion import __main__ as bench
from bench.promotion.__main__ import Round, held, report
from demo.engine import Preview


def rounds(promotion: float) -> list[Round]:
    return [
        Round(rollback=4.0, preview=9.0, promotion=promotion),
        Round(rollback=4.0, preview=9.0, promotion=promotion),
        Round(rollback=1.0, preview=9.0, promotion=90.0),
    ]


@pytest.mark.parametrize(("promotion", "good"), [(10.0, True), (10.1, False)])
def test_the_figure(promotion: float, good: bool) -> None:
    """Two and a half times, by medians: one slow update does not decide."""
    assert held(rounds(promotion)) is good
    assert f"| ≤ 2.5 | {'yes' if good else 'no'} |" in report(rounds(promotion), 1_000)


class Engine:
    """An engine that says what it is told to say."""

    def __init__(self, how: str, *, passes: bool = True) -> None:
        self.how, self.passes, self.to = how, passes, ""

    def set(self, _stack: str, _key: str, value: str) -> None:
        self.to = value

    def up(self, _stack: str) -> str:
        how = "rolled back" if self.to == "blue" else self.how
        return f"{self.to} serves: {how}; the gateway gave 9 answers"

    def preview(self, _stack: str) -> Preview:
        return Preview(passed=self.passes, text="no")


def test_a_round() -> None:
    """A way back, a preview, a way there."""
    assert bench._round(Engine("promoted")).promotion >= 0  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", [Engine("verified"), Engine("promoted", passes=False)])
def test_what_is_no_promotion(engine: Engine) -> None:
    """An alias that stayed, and a belt that was refused, would be quick."""
    with pytest.raises(bench.Stopped):
        bench._round(engine)  # type: ignore[arg-type]
