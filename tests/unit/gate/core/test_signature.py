"""An event's signature is read as Solidity and Envio's config write it."""

import pytest

from gate.policy.signature import SignatureError, event_signature


@pytest.mark.parametrize(
    ("text", "canonical", "indexed"),
    [
        (
            "Transfer(address indexed from, address indexed to, uint256 value)",
            "Transfer(address,address,uint256)",
            2,
        ),
        ("event Transfer(address,address,uint256);", "Transfer(address,address,uint256)", 0),
        ("Ping()", "Ping()", 0),
        ("Mint(uint, int indexed)", "Mint(uint256,int256)", 1),
        ("Swap((uint a, bytes32[] b)[2] indexed x, string)", "Swap((uint256,bytes32[])[2],string)", 1),
        ("Order(tuple(uint256 id, (address,bool) inner) order)", "Order((uint256,(address,bool)))", 0),
    ],
)
def test_a_signature(text: str, canonical: str, indexed: int) -> None:
    """Its canonical form is what is hashed."""
    event = event_signature(text)
    assert event.text == canonical
    assert sum(event.indexed) == indexed
    assert len(event.types) == len(event.arguments) == len(event.indexed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Transfer",
        "Transfer(",
        "(uint)",
        "A(uint7)",
        "A(bytes33)",
        "A(foo x)",
        "A(uint,)",
        "A(uint))",
        "A b(uint)",
        "A((uint)",
        "A(uint indexed a, uint indexed b, uint indexed c, uint indexed d)",
    ],
)
def test_not_a_signature(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(SignatureError):
        event_signature(text)
