"""A socket speaks the newest protocol that its client offers."""

import pytest

from belts.engine.serve import protocols


@pytest.mark.parametrize(
    ("offered", "name"),
    [
        ([], "graphql-ws"),
        (["graphql-ws"], "graphql-ws"),
        (["graphql-ws", "graphql-transport-ws"], "graphql-transport-ws"),
        (["soap"], None),
    ],
)
def test_the_protocol_of_a_socket(offered: list[str], name: str | None) -> None:
    """The newer of those offered; without an offer the older."""
    found = protocols.chosen(offered)
    assert (found.name if found else None) == name
