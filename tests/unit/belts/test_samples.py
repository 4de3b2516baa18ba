"""What a process tells of itself is read as it was written, whatever its labels hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from belts import samples
from belts.runtimes.process.parts import relay

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)


@given(st.dictionaries(st.tuples(st.integers(1, 99), TEXTS), st.integers(0, 2), max_size=5))
def test_whom_a_relay_dials(told: dict[tuple[int, str], int]) -> None:
    """Quotes, braces and ends of lines in an origin hide nobody, and what is not 1 is not dialled."""
    registry = CollectorRegistry()
    gauge = Gauge(relay.DIALLED, "whom it dials", ["origin", "chain"], registry=registry)
    for (chain, origin), value in told.items():
        gauge.labels(chain=chain, origin=origin).set(value)
    text = generate_latest(registry).decode()
    assert relay.dialled(text) == {one for one, value in told.items() if value == 1}


TOLD = """
# TYPE heap gauge
heap 5e6 1700000000000
heap{chainId="2"} 7
other{a="}",chainId="10"} +Inf
"""


def test_what_is_told() -> None:
    """A time beside a value, another order of labels and a label with a brace are Prometheus' text."""
    told = samples.read(TOLD)
    assert samples.value(told, "heap") == 5_000_000
    assert samples.value(told, "gone") is None
    assert [chain for chain, _ in samples.by_label(told, "chainId")] == ["2", "10"]
    assert [chain for chain, _ in samples.by_label(told, "chainId", "other")] == ["10"]


@pytest.mark.parametrize("text", ["<html><body>no</body></html>", "heap", 'heap{chain="1} 5', "heap five"])
def test_no_metrics(text: str) -> None:
    """They are no text of Prometheus, and no empty one either."""
    with pytest.raises(ValueError):  # noqa: PT011 -- in whatever words the library has
        samples.read(text)
