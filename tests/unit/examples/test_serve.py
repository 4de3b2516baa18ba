"""Which state a chain goes on from."""

from pathlib import Path

import pytest

from examples.chains import serve
from examples.chains.history import Past

WHOLE, TORN = '{"blocks":[]}', '{"blocks":['


def a_past(directory: Path, **states: str) -> Past:
    """A past with these states beside it: `live`, saved last, and `before`, the one that was gone on from."""
    past = Past(directory)
    past.state.write_text(WHOLE)
    for name, text in states.items():
        (directory / {"live": "live.state.json", "before": "live.before.json"}[name]).write_text(text)
    return past


@pytest.mark.parametrize(
    ("states", "chosen"),
    [
        pytest.param({}, "history.state.json", id="never lived"),
        pytest.param({"live": WHOLE}, "live.before.json", id="lived once"),
        pytest.param({"live": WHOLE, "before": WHOLE}, "live.before.json", id="lived twice"),
        pytest.param({"before": WHOLE}, "live.before.json", id="killed before it saved again"),
        pytest.param({"live": TORN, "before": WHOLE}, "live.before.json", id="killed while it saved"),
        pytest.param({"live": "", "before": WHOLE}, "live.before.json", id="killed when it began to save"),
        pytest.param({"live": TORN}, "history.state.json", id="killed while it saved for the first time"),
        pytest.param({"live": TORN, "before": TORN}, "history.state.json", id="nothing whole"),
    ],
)
def test_choice(tmp_path: Path, states: dict[str, str], chosen: str) -> None:
    """The newest state that is whole, and none that is torn."""
    past = a_past(tmp_path, **states)

    found = serve.choose(past)

    assert found.name == chosen
    assert found.read_text() == WHOLE


def test_newest_is_taken(tmp_path: Path) -> None:
    """What was saved last wins over what was gone on from, and lies out of the way of the next saving."""
    past = a_past(tmp_path, live='{"newer":1}', before=WHOLE)

    assert serve.choose(past).read_text() == '{"newer":1}'
    assert not (tmp_path / "live.state.json").exists()


def test_past_without_manifest(tmp_path: Path) -> None:
    """A state whose making was not finished is no past."""
    assert a_past(tmp_path).key() is None
