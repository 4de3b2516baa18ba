"""What `status` says of a belt whose profile is `auto`."""

from pathlib import Path

from belts.runtimes.process import status
from belts.runtimes.process.seed import settled
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import from_json, written
from belts.spec.indexer import Profile
from tests.unit.belts.specs import belt


def test_it_is_said_once(tmp_path: Path) -> None:
    """That it goes by itself, and how far it has come; of another profile there is nothing to say."""
    raw = written(belt())["indexer"] | {"root": str(tmp_path)}
    recorded.record(request := from_json(raw))
    assert "profile" not in status.as_table([request.layout])

    recorded.record(from_json(raw | {"profile": Profile.AUTO}))
    assert status.as_table([request.layout]).count("profile auto: backfill, until it has settled") == 1

    settled.note(request.layout, 1)
    assert status.as_table([request.layout]).count("profile auto: steady, since it has settled") == 1
