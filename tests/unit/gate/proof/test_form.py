"""A log becomes the row that it calls for, as one text."""

from dataclasses import replace
from decimal import Decimal

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from gate.observations.truth import LogSeen
from gate.policy.signature import event_signature
from gate.policy.template import template
from gate.proof.decoding import UnreadableError, readers
from gate.proof.form import Field, Form, Written, number, row_text, rows

WHO = "0x" + "ab" * 20
LOG = LogSeen(
    block=7,
    block_hash="0x" + "01" * 32,
    log_index=3,
    transaction="0x" + "cd" * 32,
    address="0x" + "12" * 20,
    topics=(),
    data="0x",
)


def log(event: str, **values: object) -> LogSeen:
    """A log of an event, as a chain writes it."""
    signature = event_signature(event)
    named = list(zip(signature.arguments, signature.types, signature.indexed, strict=True))
    topics = [f"0x{encode([kind], [values[name]]).hex()}" for name, kind, indexed in named if indexed]
    plain = [(kind, values[name]) for name, kind, indexed in named if not indexed]
    data = encode([kind for kind, _ in plain], [value for _, value in plain])
    return replace(LOG, topics=(signature.topic0, *topics), data=f"0x{data.hex()}")


def row(event: str, text: str, written: Written, **values: object) -> str:
    """What one column of the row holds."""
    field = Field(column="a", template=template(text), written=written)
    key = Field(column="id", template=template("{chainId}_{blockNumber}_{logIndex}"), written=Written.LOWER)
    form = Form(chain=10, event=event_signature(event), entity="E", key=key, fields=(field,))
    [found] = rows(form)([log(event, **values)], {7: 1_700_000_000})
    assert found[0] == "10_7_3"
    return found[1][0]


ALL = "E(address indexed who, uint8 kind, int256 profit, bool open, bytes32 pair, string label, bytes note)"
VALUES: dict[str, object] = {
    "who": WHO,
    "kind": 2,
    "profit": -15 * 10**17,
    "open": True,
    "pair": b"ETH/USD".ljust(32, b"\0"),
    "label": "A|\x1fß",
    "note": b"\x01\xff",
}


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("{who}", Written.LOWER, WHO),
        ("{chainId}-{who}", Written.LOWER, f"10-{WHO}"),
        ("{kind}", Written.NUMBER, "2"),
        ("{profit}", Written.NUMBER, "-1500000000000000000"),
        ("{profit/1e18}", Written.NUMBER, "-1.5"),
        ("{profit/1e18}", Written.FLOAT, "-1.5"),
        ("{open}", Written.BOOLEAN, "true"),
        ("{pair:text}", Written.EXACT, "7:ETH/USD"),
        ("{label}", Written.EXACT, "4:A|\x1fß"),
        ("{note}", Written.LOWER, "0x01ff"),
        ("{blockTimestamp}", Written.SECOND, "1700000000"),
        ("{transactionHash}", Written.LOWER, "0x" + "cd" * 32),
        ("{address}", Written.LOWER, "0x" + "12" * 20),
        ("Kind {kind}", Written.LOWER, "kind 2"),
    ],
)
def test_a_column(text: str, written: Written, expected: str) -> None:
    """Each type in its one text."""
    assert row(ALL, text, written, **VALUES) == expected


def test_beside_arrays() -> None:
    """Arguments are found where arrays stand beside them."""
    event = "E(string[] tags, uint256 amount, (uint8,bool) pair)"
    assert row(event, "{amount}", Written.NUMBER, tags=["a", "b"], amount=9, pair=(1, True)) == "9"


@pytest.mark.parametrize(
    ("event", "name"),
    [("E(string indexed label)", "label"), ("E(uint256[] ids)", "ids"), ("E(uint256 a)", "b")],
)
def test_what_cannot_be_read(event: str, name: str) -> None:
    """It is said before the first log is asked for."""
    with pytest.raises(UnreadableError):
        readers(event_signature(event), {name})


@pytest.mark.parametrize(
    "data", ["0x", "0x01", "0x" + "ff" * 32], ids=["nothing", "cut off", "too large for its type"]
)
def test_a_log_that_does_not_hold_its_event(data: str) -> None:
    """It is no value, and never another one."""
    read = readers(event_signature("E(uint8 a)"), {"a"})["a"]
    with pytest.raises(UnreadableError):
        read(LOG, bytes.fromhex(data[2:]))


@given(st.integers(-(2**255), 2**255 - 1))
def test_every_integer(value: int) -> None:
    """What is encoded is read."""
    assert row("E(int256 a)", "{a}", Written.NUMBER, a=value) == str(value)


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_reaches_into_another(a: str, b: str, c: str, d: str) -> None:
    """Two rows with different texts are different texts."""
    key = Field(column="id", template=template("{logIndex}"), written=Written.LOWER)
    fields = tuple(
        Field(column=name, template=template(f"{{{name}}}"), written=Written.EXACT) for name in ("x", "y")
    )
    event = "E(string x, string y)"
    form = Form(chain=1, event=event_signature(event), entity="E", key=key, fields=fields)
    one, other = rows(form)([log(event, x=a, y=b), log(event, x=c, y=d)], {})
    zeroless = [text.replace("\0", "") for text in (a, b, c, d)]
    assert (row_text(one) == row_text(other)) == (zeroless[:2] == zeroless[2:])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_numbers_have_one_text(value: Decimal) -> None:
    """Whatever their zeros and exponents."""
    more = Decimal(f"{value:f}000")
    assert number(value) == number(more)
    assert Decimal(number(value)) == value
