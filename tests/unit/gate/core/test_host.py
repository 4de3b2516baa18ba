"""One host in every spelling is one host: what two addresses of one machine have in common."""

from ipaddress import IPv4Address, IPv6Address
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from belts.provider.hosts import LOCAL, canonical
from gate.checks.distinct import ADDRESSES
from gate.checks.distinct import judge as judge_distinct
from gate.outcome import Outcome
from gate.policy.chains import provider_of
from gate.policy.providers import Providers
from gate.secret import Address
from tests.unit.gate.core import builders

SPELLINGS = (
    "localhost",
    "LocalHost",
    "localhost.",
    "node.localhost",
    "localhost.localdomain",
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.9.8.7",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7F000001",
    "2130706433",
    "017700000001",
    "0.0.0.0",
    "0",
    "\uff11\uff12\uff17.0.0.1",
    "127。0。0。1",
    "%6c%6fcalhost",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:0:0]",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_this_machine_in_every_spelling(spelling: str) -> None:
    """Whoever indexes from `localhost:8545` is not proved by the same node under another name."""
    own = provider_of(Address("http://localhost:8545"))
    for address in (f"http://{spelling}:8545/key", f"HTTPS://user:pass@{spelling}:8545?key=1"):
        assert Address(address).host == LOCAL
        assert provider_of(Address(address)) == own


@st.composite
def spelled(draw: st.DrawFn) -> tuple[IPv4Address, str]:
    """An address, and one of the ways in which the C library and a browser take it."""
    address = draw(st.ip_addresses(v=4).map(lambda one: IPv4Address(int(one))))
    if draw(st.booleans()):
        mapped = IPv6Address((0xFFFF << 32) + int(address))
        return address, draw(
            st.sampled_from([mapped.compressed, mapped.exploded.upper(), f"::ffff:{address}"])
        )
    kept = draw(st.integers(1, 4))
    octets = list(address.packed)
    parts = [*octets[: kept - 1], int.from_bytes(bytes(octets[kept - 1 :]), "big")]
    written = [draw(st.sampled_from(["{:d}", "{:#x}", "0{:o}", "0X{:X}", "0x{:08x}"])) for _ in parts]
    text = ".".join(form.format(part) for form, part in zip(written, parts, strict=True))
    return address, text + draw(st.sampled_from(["", "."]))


@given(spelled())
def test_every_spelling_of_an_address(case: tuple[IPv4Address, str]) -> None:
    """It is one host, and no other address is."""
    address, text = case
    assert canonical(text) == canonical(str(address))
    other = IPv4Address(int(address) ^ 1)
    if not (address.is_loopback or address.is_unspecified or other.is_loopback or other.is_unspecified):
        assert canonical(text) != canonical(str(other))


@given(st.ip_addresses(v=6), st.booleans())
def test_every_spelling_of_a_long_address(address: IPv6Address, upper: bool) -> None:
    """Case and zeros make no difference."""
    text = address.exploded.upper() if upper else address.exploded
    assert canonical(text) == canonical(address.compressed) == canonical(f"[{address}]")


@given(st.text(max_size=20))
@example("%¼")
@example("a%252541")
def test_any_text(name: str) -> None:
    """Whatever a policy holds has a canonical form, and that form is its own."""
    try:
        first = canonical(name)
    except ValueError:
        pytest.fail(f"{name!r} raises")
    assert canonical(first) == first


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://eth.example.com/v2/one", "https://base.Example.COM./v2/two", True),
        ("https://a.co.uk", "https://b.co.uk", False),
        ("https://eth.a.co.uk", "https://base.a.co.uk", True),
        ("https://key-one.quiknode.pro", "https://key-two.quiknode.pro", True),
        ("https://a.example.com:8545", "https://b.example.com:8546", True),
        ("http://10.0.0.5", "http://10.5:80", True),
        ("https://10.0.0.5", "https://10.0.0.5:443", True),
        ("http://10.0.0.5", "http://10.0.0.6", False),
        ("http://geth:8545", "http://erigon:8545", False),
        ("https://bücher.example", "https://xn--bcher-kva.example", True),
    ],
)
def test_one_provider_or_two(one: str, other: str, *, same: bool) -> None:
    """A registered domain is one provider, whatever stands before it; a registry's end is none."""
    assert (provider_of(Address(one)) == provider_of(Address(other))) is same


def test_a_distinct_url_in_another_spelling() -> None:
    """The candidate is not the alias or the serving belt under another name."""
    spellings = [
        "http://localhost/v1/graphql",
        "http://127.1:80/v1/graphql/",
        "http://me:secret@[::1]/v1/../v1//graphql",
        "http://0x7f.1./v1/%67raphql#here",
    ]
    for one, other in combinations(spellings, 2):
        seen = builders.seen(
            endpoints=builders.endpoints(
                candidate=builders.belt("green", graphql=Address(one)), alias=Address(other)
            )
        )
        [point] = [p for p in judge_distinct(seen, builders.policy()).points if p.part is ADDRESSES]
        assert point.outcome is Outcome.FAILED, (one, other)


def test_the_rate_of_a_host_in_another_spelling() -> None:
    """A rate holds for the host that it names, however an address spells it."""
    rates = Providers(rates=(("localhost", 3),))
    assert rates.rate_of(Address("http://127.0.0.1:8545")) == 3
