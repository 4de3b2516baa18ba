"""What Envio's own lists show with other types in another release breaks nobody; everything else does."""

from typing import Any

import pytest
from graphql import build_client_schema, build_schema, introspection_from_schema

from gate.schema import compare, without_known

TODAY = """
scalar numeric
input Int_comparison_exp { _eq: Int }
input numeric_comparison_exp { _eq: numeric }
type Query { raw_events(where: raw_events_bool_exp): [raw_events!]! _meta: [_meta!]! Transfer: [Transfer!]!
  raw_events_by_pk(serial: Int!): raw_events Transfer_by_pk(id: String!, at: Int): Transfer }
type raw_events { event_id: numeric! serial: Int! block_number: Int! }
input raw_events_bool_exp { event_id: numeric_comparison_exp serial: Int_comparison_exp }
type _meta { chainId: Int eventsProcessed: Int }
type Transfer { id: String! value: Int! }
"""
THEN = """
scalar bigint
scalar float4
input bigint_comparison_exp { _eq: bigint }
type Query { raw_events(where: raw_events_bool_exp): [raw_events!]! _meta: [_meta!]! Transfer: [Transfer!]!
  raw_events_by_pk(serial: bigint!): raw_events Transfer_by_pk(id: String!, at: Int): Transfer }
type raw_events { event_id: bigint! serial: bigint! block_number: Int! }
input raw_events_bool_exp { event_id: bigint_comparison_exp serial: bigint_comparison_exp }
type _meta { chainId: Int eventsProcessed: float4 ecosystem: String }
type Transfer { id: String! value: Int! }
"""


def introspected(sdl: str) -> dict[str, Any]:
    return dict(introspection_from_schema(build_schema(sdl)))


def breaks(
    today: str, then: str, entities: frozenset[str] = frozenset({"Transfer"})
) -> tuple[list[str], int]:
    """What breaks, and how many differences are known."""
    new = introspected(then)
    old, known = without_known(introspected(today), new, entities)
    changes = compare(build_client_schema(old), build_client_schema(new))  # type: ignore[arg-type]
    return [change.words for change in changes if change.breaks], len(known)


def test_another_release() -> None:
    """Numbers with more room, and the types that only they had."""
    assert breaks(TODAY, THEN) == ([], 6)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("event_id: bigint!", "", "Field raw_events.event_id was removed."),
        ("event_id: bigint!", "event_id: bigint", "changed type from numeric! to bigint."),
        ("event_id: bigint!", "event_id: String!", "changed type from numeric! to String!."),
        ("block_number: Int!", "block_number: String!", "changed type from Int! to String!."),
        ("value: Int!", "value: bigint!", "Field Transfer.value changed type from Int! to bigint!."),
        (
            "serial: bigint!)",
            "serial: String!)",
            "raw_events_by_pk(serial:) has changed type from Int! to String!.",
        ),
        ("at: Int)", "at: bigint)", "Transfer_by_pk(at:) has changed type from Int to bigint."),
        ("(serial: bigint!)", "(serial: bigint!, more: Int!)", "more"),
        ("_meta: [_meta!]!", "", "Field Query._meta was removed."),
    ],
)
def test_what_consumers_lose(one: str, other: str, said: str) -> None:
    """A field that is gone, that may be empty or is no number, and any change of the belt's own schema."""
    assert one in THEN
    found, _ = breaks(TODAY, THEN.replace(one, other))
    assert any(said in words for words in found), found


def test_an_entity_that_is_called_alike() -> None:
    """Its types are its own, whatever they begin with."""
    entity = "type raw_events_kept { id: Int! }"
    found, _ = breaks(TODAY + entity, THEN + entity.replace("Int", "bigint"), frozenset({"raw_events_kept"}))
    assert found == ["Field raw_events_kept.id changed type from Int! to bigint!."]
