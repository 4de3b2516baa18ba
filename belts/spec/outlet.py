"""What an outlet is: where readers on other hosts are let in to a belt's database, over TLS."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from belts.reading.kinds import Address, Flag, Networks, PathTo, Port, Text

PROGRAM = "outlet"
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
NAME = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 -- told apart, not bound to


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """The role `consumer` alone, from the allowed addresses alone, and never in clear."""

    address: Annotated[
        str,
        Address(
            "an [outlet](consumers.md) listens on this address for readers on other hosts, over TLS; without "
            "it nobody reaches the database from outside",
            live=True,
        ),
    ]
    port: Annotated[int, Port("on which the outlet listens", live=True)]
    allowed: Annotated[
        tuple[str, ...],
        Networks("addresses or networks of those readers; nobody else is answered", live=True),
    ]
    everywhere: Annotated[
        bool, Flag("said as well where `allowed` is every address there is; refused otherwise", live=True)
    ] = False
    host: Annotated[
        str | None,
        Text(
            "the name by which those readers reach the host, which the certificate is for; without it, the "
            "address",
            what="a host name or an IP address",
            live=True,
        ),
    ] = None
    certificate: Annotated[
        Path | None,
        PathTo(
            "a certificate of yours with its chain, as PEM, on the host; without it, one by an authority "
            "that the host keeps, whose own certificate the stack exports as `consumerCa`",
            live=True,
        ),
    ] = None
    key: Annotated[Path | None, PathTo("the key of that certificate, as PEM, on the host", live=True)] = None

    @property
    def name(self) -> str:
        """By which its readers know it."""
        return self.host or self.address

    @property
    def faults(self) -> tuple[tuple[str, str, str], ...]:
        """What is wrong with it as a whole: what was expected, what was seen, and what to do."""
        every = everybody(self.allowed)
        wrong = {
            ("addresses that may read", "an empty `allowed`", "name them, or take `outlet` out"): (
                not self.allowed
            ),
            (
                "the addresses of readers, or `everywhere: true` beside all addresses",
                f"`allowed` is every address there is: {', '.join(self.allowed)}",
                "name the networks of your readers under `allowed`; or say it twice",
            ): every and not self.everywhere,
            ("`everywhere` beside all addresses only", "narrower ones", "take `everywhere` out"): (
                self.everywhere and not every
            ),
            ("a certificate and its key, or neither", "one of the two", "name both"): (
                (self.certificate is None) != (self.key is None)
            ),
            (
                "the name by which readers reach the host",
                f"none, and it listens on {self.name}",
                "set `host`",
            ): self.name in EVERYWHERE,
            ("a host name or an IP address", repr(self.name), "correct `host`"): not _is_name(self.name),
        }
        return tuple(words for words, found in wrong.items() if found)


def everybody(networks: Iterable[str]) -> bool:
    """Whether they come to every address, of either kind, also in parts."""
    known = [ipaddress.ip_network(each) for each in networks]
    fours = [each for each in known if isinstance(each, ipaddress.IPv4Network)]
    sixes = [each for each in known if isinstance(each, ipaddress.IPv6Network)]
    all_fours = any(each.prefixlen == 0 for each in ipaddress.collapse_addresses(fours))
    return all_fours or any(each.prefixlen == 0 for each in ipaddress.collapse_addresses(sixes))


def _is_name(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return NAME.fullmatch(text) is not None
    return True
