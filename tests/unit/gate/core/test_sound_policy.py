"""What a policy says of one belt by itself."""

from typing import Any

import pytest
import yaml

from gate.policy.sound import Allowed, Mapping, Reference
from tests.unit.gate.core.test_policy import mistakes, read, values

MAKES = {"entity": "Position", "contract": "Vault", "event": "Opened", "rowId": "{chainId}-{id}"}


def test_everything() -> None:
    """Every key that there is, and all that is looser is listed."""
    policy = read(
        sound={
            "mappings": [
                {**MAKES, "chains": [1], "skips": "dust is left out", "noEvent": "some are migrated"},
                {**MAKES, "event": "Granted"},
            ],
            "references": [{"entity": "Position", "column": "owner_id", "to": "Account"}],
            "mayDangle": [{"entity": "Badge", "column": "owner_id", "reason": "holders without points"}],
            "mayExceed": [{"entity": "Lock", "column": "timestamp", "reason": "it is when a lock ends"}],
            "blockHandlers": "prices are read each hour",
        }
    )
    opened = Mapping(
        entity="Position",
        contract="Vault",
        event="Opened",
        row_id="{chainId}-{id}",
        chains=(1,),
        skips="dust is left out",
        no_event="some are migrated",
    )
    assert policy.sound.mappings[0] == opened
    assert policy.sound.mappings[1].chains == ()
    assert policy.sound.references == (Reference(entity="Position", column="owner_id", to="Account"),)
    assert policy.sound.may_exceed == (
        Allowed(entity="Lock", column="timestamp", reason="it is when a lock ends"),
    )
    assert policy.sound.dangles("Badge", "owner_id") == "holders without points"
    assert not policy.sound.dangles("Badge", "id")
    assert policy.sound.exceeds("Lock", "timestamp") == "it is when a lock ends"
    listed = "\n".join(policy.loosened)
    assert "events are not counted against raw events: prices are read each hour" in listed
    assert "Position: an event Vault.Opened may have no row: dust is left out" in listed
    assert "Position: a row may have no event: some are migrated" in listed
    assert "Badge.owner_id may lead to no row: holders without points" in listed
    assert "Lock.timestamp may lie outside of what the belt indexes: it is when a lock ends" in listed


def test_nothing() -> None:
    """Nobody has to declare anything."""
    assert not read().sound.mappings


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"mapping": []}, "policy.sound.mapping"),
        ({"mappings": [{**MAKES, "rowId": "id"}]}, "policy.sound.mappings[0].rowId"),
        ({"mappings": [{**MAKES, "rowId": "{amount/1e18}"}]}, "policy.sound.mappings[0].rowId"),
        ({"mappings": [{**MAKES, "skips": ""}]}, "policy.sound.mappings[0].skips"),
        ({"mappings": [{**MAKES, "chains": ["1"]}]}, "policy.sound.mappings[0].chains[0]"),
        ({"mappings": [{**MAKES, "event": "Opened(uint256)"}]}, "policy.sound.mappings[0].event"),
        ({"references": [{"entity": "Badge", "column": "owner_id"}]}, "policy.sound.references[0].to"),
        ({"references": 2 * [{"entity": "A", "column": "b_id", "to": "B"}]}, "each reference once"),
        ({"mayDangle": [{"entity": "Badge", "column": "owner_id"}]}, "policy.sound.mayDangle[0].reason"),
        ({"blockHandlers": True}, "policy.sound.blockHandlers"),
    ],
)
def test_mistakes(section: dict[str, Any], said: str) -> None:
    """Each has its path."""
    assert said in "\n".join(mistakes(yaml.safe_dump(values(sound=section))))
