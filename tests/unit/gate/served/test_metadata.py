"""Metadata: read without where its sources are, and compared as a consumer would notice."""

from typing import Any

import pytest

from gate.alias.certificate.doors import metadata_in, metadata_out
from gate.checks.metadata import points
from gate.observations import MetadataSeen
from gate.observations.metadata import Declared, Permission, Tracked
from gate.outcome import Outcome
from gate.policy.served import ServedPolicy
from gate.policy.waivers import SchemaWaiver, Waivers
from gate.probes.graphql.metadata import parsed
from gate.probes.unseen import UnseenError
from gate.secret import Address
from tests.unit.gate.core.builders import (
    LATER,
    YESTERDAY,
    first_alias,
    metadata,
    policy,
    refers,
    seen,
    tracked,
    unobserved,
)

FAILED, UNTOLD, PASSED = Outcome.FAILED, Outcome.COULD_NOT_TELL, Outcome.PASSED
HERE = Address("http://green.test/v1/metadata")


def right(**changes: Any) -> Tracked:
    return tracked(permissions={"public": Permission(**({"columns": None, "limit": 1000} | changes))})


def led(**ways: Declared) -> Tracked:
    return tracked(relationships=ways)


BY_CHAIN = Declared(remote="Account", many=False, mapping=(("from_id", "id"), ("chainId", "chainId")))
BACK = Declared(remote="Transfer", mapping=(("id", "from_id"),), many=True)
CASES = [
    (metadata(), metadata(), ""),
    (metadata(), metadata(led(**{"from": refers(), "to": refers(column="to_id")})), ""),
    (metadata(), metadata(tracked(), tracked("Badge")), ""),
    (metadata(led(a=refers())), metadata(led(a=refers(column="to_id"))), "a leads to Account by to_id = id"),
    (metadata(led(a=refers())), metadata(led(a=refers("Pool"))), "a leads to Pool by from_id = id"),
    (metadata(led(a=refers(column="a_id"))), metadata(led(a=refers(column="aId"))), ""),
    (metadata(led(a=BACK)), metadata(led(a=refers())), "a leads to Account"),
    (
        metadata(led(a=refers())),
        metadata(
            led(a=Declared(remote="Account", many=False, mapping=(("from_id", "id"), ("chainId",) * 2)))
        ),
        "",
    ),
    (metadata(right()), metadata(right(filter={"value": {"_gt": 0}})), "another filter of rows"),
    (metadata(right(filter={"value": {"_gt": 0}})), metadata(right()), ""),
    (metadata(right()), metadata(right(limit=500)), "the row limit changed from 1000 to 500"),
    (metadata(right(limit=None)), metadata(right(limit=500)), "the row limit changed from none to 500"),
    (metadata(right()), metadata(right(limit=None)), ""),
    (metadata(right(aggregates=True)), metadata(right()), "no aggregates"),
    (metadata(right()), metadata(right(columns=("id",))), "fewer columns"),
    (metadata(right(columns=("id",))), metadata(right(columns=("id", "value"))), ""),
    (metadata(right(columns=("from_id",))), metadata(right(columns=("fromId",))), ""),
    (metadata(right()), metadata(right(roots=("select",))), "fewer root fields"),
    (metadata(right()), metadata(right(subscriptions=())), "fewer subscriptions"),
    (metadata(tracked()), metadata(tracked(table="Stale")), "changed from Transfer to Stale"),
    (metadata(tracked()), metadata(tracked(source="b")), "another source"),
    (metadata(tracked()), metadata(tracked(), tracked()), "more than once"),
    (metadata(tracked()), metadata(tracked(columns=(("a", "b"), ("b", "a")))), "column a is called b"),
    (metadata(tracked(columns=(("a", "b"),))), metadata(tracked()), "column a is no longer called b"),
    (metadata(tracked(columns=(("from_id", "fromId"),))), metadata(tracked()), ""),
    (metadata(tracked()), metadata(tracked(roots=(("select", "Moves"),))), "root fields"),
    (metadata(tracked(more=("computed_fields",))), metadata(tracked()), "lost computed_fields"),
    (metadata(more=("remote_schemas",)), metadata(), "lost remote_schemas"),
    (metadata(), metadata(more=("remote_schemas",)), ""),
]


@pytest.mark.parametrize(("today", "then", "said"), CASES)
def test_a_change(today: MetadataSeen, then: MetadataSeen, said: str) -> None:
    """What is added passes, and how a release spells its columns; what a consumer could notice is named."""
    found = list(points(seen(serving_metadata=today, candidate_metadata=then), policy()))
    assert {point.outcome for point in found} == {FAILED if said else PASSED}
    assert all(said in point.observed for point in found[:1])


@pytest.mark.parametrize(("expires", "outcome"), [(LATER, PASSED), (YESTERDAY, FAILED)])
def test_a_planned_change(expires: Any, outcome: Outcome) -> None:
    """It is waived by its exact words, until a day."""
    words = "Metadata of Transfer for public: no aggregates."
    says = policy(waivers=Waivers(schema=(SchemaWaiver(change=words, reason="dear", expires=expires),)))
    today, then = metadata(right(aggregates=True)), metadata(right())
    [point] = points(seen(serving_metadata=today, candidate_metadata=then), says)
    assert point.outcome is outcome


@pytest.mark.parametrize(("roles", "outcome"), [(("partner",), FAILED), ((), PASSED)])
def test_a_role_that_gets_nothing_any_more(roles: tuple[str, ...], outcome: Outcome) -> None:
    """Of a role that the policy names nobody else tells it: only the public's schemas are compared."""
    rights = {role: Permission(columns=None, limit=1000) for role in ("public", "partner")}
    today, then = metadata(tracked(permissions=rights)), metadata()
    looks = seen(serving_metadata=today, candidate_metadata=then)
    [point] = points(looks, policy(served=ServedPolicy(roles=roles)))
    assert point.outcome is outcome
    assert ("for partner: no permission any more" in point.observed) is (outcome is FAILED)


@pytest.mark.parametrize("side", ["serving", "candidate"])
def test_not_seen(side: str) -> None:
    """Without the admin secret nobody knows what stands between."""
    [point] = points(seen(**{f"{side}_metadata": unobserved()}), policy())
    assert point.outcome is UNTOLD
    assert point.part.acceptable


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (metadata(tracked(relationships={"from": refers()})), PASSED),
        (metadata(tracked(relationships={"a": BACK})), UNTOLD),
        (metadata(led(**{"from": refers()}), tracked("Account", relationships={"a": BACK})), PASSED),
        (metadata(right(filter={"value": {"_gt": 0}})), UNTOLD),
        (MetadataSeen(tables=()), UNTOLD),
        (unobserved(), UNTOLD),
    ],
)
def test_the_first_alias(found: Any, outcome: Outcome) -> None:
    """With nothing to compare, only what Envio itself would set is known to be meant."""
    [point] = points(first_alias(candidate_metadata=found), policy())
    assert point.outcome is outcome


def test_what_is_read() -> None:
    """Tables, ways and rights; nothing of a source's configuration."""
    document = {
        "version": 3,
        "remote_schemas": [{"name": "x"}],
        "sources": [
            {
                "name": "default",
                "kind": "postgres",
                "configuration": {"connection_info": {"database_url": "postgres://a:secret@b/c"}},
                "tables": [
                    {
                        "table": {"schema": "s", "name": "Transfer"},
                        "configuration": {
                            "custom_name": "Transfer",
                            "column_config": {"from_id": {"custom_name": "fromId"}, "id": {}},
                            "custom_root_fields": {"select": "Moves"},
                        },
                        "object_relationships": [
                            {
                                "name": "from",
                                "using": {
                                    "manual_configuration": {
                                        "remote_table": {"schema": "s", "name": "Account"},
                                        "column_mapping": {"from_id": "id"},
                                    }
                                },
                            },
                            {"name": "to", "using": {"foreign_key_constraint_on": "to_id"}},
                        ],
                        "array_relationships": [
                            {
                                "name": "notes",
                                "using": {"foreign_key_constraint_on": {"table": "Note", "column": "of"}},
                            }
                        ],
                        "select_permissions": [
                            {
                                "role": "public",
                                "permission": {
                                    "columns": "*",
                                    "filter": {"a": {"_eq": 1}},
                                    "limit": 9,
                                    "allow_aggregations": True,
                                },
                            }
                        ],
                        "computed_fields": [{"name": "y"}],
                        "delete_permissions": [{"role": "public"}],
                    }
                ],
            }
        ],
    }
    found = parsed(document, HERE)
    [table] = found.tables
    assert found.more == ("remote_schemas",)
    assert (table.name, table.schema, table.columns) == ("Transfer", "s", (("from_id", "fromId"),))
    assert table.roots == (("select", "Moves"),)
    assert table.more == ("computed_fields",)
    assert table.relationships["from"] == Declared(
        remote="Account", mapping=(("from_id", "id"),), many=False, schema="s"
    )
    assert table.relationships["to"].mapping == (("to_id", ""),)
    assert table.relationships["notes"] == Declared(remote="Note", mapping=(("", "of"),), many=True)
    assert table.permissions["public"] == Permission(
        columns=None, filter={"a": {"_eq": 1}}, limit=9, aggregates=True
    )
    assert "secret" not in repr(found)
    assert metadata_in(metadata_out(found) or {}) == found


@pytest.mark.parametrize(
    "document", [None, [], {}, {"version": 2}, {"version": 3}, {"version": 3, "sources": [{"tables": []}]}]
)
def test_what_is_no_metadata(document: Any) -> None:
    """Anything else was not seen."""
    with pytest.raises(UnseenError):
        parsed(document, HERE)
