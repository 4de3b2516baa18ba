"""How often one provider may be asked, by all claims of a run together."""

from dataclasses import dataclass
from ipaddress import ip_address

from belts.provider.hosts import canonical, is_address
from belts.reading.mistakes import Mistake
from belts.reading.node import Node
from gate.policy.chains import ExpectedChain, provider_of
from gate.secret import Address

DEFAULT_RATE = 50
"""Questions a second that the smaller paid plans of the large providers allow."""
OWN_RATE = 2000
"""Questions a second to a node of one's own, which is not billed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Providers:
    """Questions a second: a default rate, and rates of some providers by name.

    A provider is the operator of a host, whatever the chain and the key: all its URLs share `rate`. Every
    question of a batch counts as one.
    """

    rate: int | None = None
    rates: tuple[tuple[str, int], ...] = ()

    def name_of(self, address: Address) -> str:
        """The name of the budget for an address: its host if that has one of its own."""
        return address.host if address.host in dict(self.rates) else provider_of(address)

    def rate_of(self, address: Address) -> int:
        """How many questions a second the provider behind an address may receive."""
        named = dict(self.rates).get(self.name_of(address))
        return named or self.rate or (OWN_RATE if _is_own(address) else DEFAULT_RATE)


DEFAULT_PROVIDERS = Providers()


def providers(node: Node) -> Providers:
    """Reads the rates."""
    fields = node.fields("rate", "rates")
    return Providers(
        rate=fields.optional("rate", _rate, None),
        rates=tuple((_named(str(name)), _rate(entry)) for name, entry in fields.at("rates").items()),
    )


def strangers(rates: Providers, chains: tuple[ExpectedChain, ...]) -> list[Mistake]:
    """Mistakes for names in `rates` that match no provider: a typo would leave a rate without effect."""
    addresses = [address for chain in chains for address in chain.rpc]
    known = {name for one in addresses for name in (one.host, provider_of(one))}
    return [
        Mistake(
            path=f"policy.providers.rates.{name}",
            expected=f"one of the providers under `chains`: {', '.join(sorted(filter(None, known)))}",
            got=name,
        )
        for name, _ in rates.rates
        if name not in known
    ]


def _named(name: str) -> str:
    """A host, or a host and its port, in the form in which addresses are compared."""
    host, colon, port = name.partition(":")
    return f"{canonical(host)}:{port}" if colon and port.isdigit() else canonical(name)


def _rate(node: Node) -> int:
    return node.whole(least=1, expected="questions a second")


def _is_own(address: Address) -> bool:
    """True if a node is on this machine or in the operator's own network."""
    host = address.host
    if is_address(host):
        return ip_address(host).is_private
    return "." not in host or host.endswith((".local", ".internal"))
