"""What an outlet is told by the file beside it: where it listens, whom it lets in, and whither."""

import ipaddress
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from belts.files import write_private


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """No password is in it: who logs in, does so with Postgres itself."""

    address: str
    port: int
    allowed: tuple[str, ...]
    socket: str
    database: str
    certificate: str
    key: str

    def lets_in(self, peer: str) -> bool:
        """Whether this address is one of those; one of version 4 that comes as one of 6 is that of 4."""
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return any((mapped or address) in ipaddress.ip_network(each) for each in self.allowed)


def write(file: Path, told: Told) -> None:
    """For the process that is started with it."""
    write_private(file, json.dumps(asdict(told), indent=1, sort_keys=True) + "\n")


def read(file: Path) -> Told:
    """Raises `OSError`, `ValueError` or `TypeError` for what was not written by `write`."""
    kept = json.loads(file.read_text())
    return Told(**{**kept, "allowed": tuple(kept["allowed"])})
