"""Which provider an address belongs to: names under one domain are one, ports of one address several."""

from urllib.parse import urlsplit

from belts.provider.hosts import canonical, is_address
from belts.provider.registries import REGISTRIES

PORTS = {"http": 80, "https": 443}


def provider_at(host: str, port: int) -> str:
    """The provider of a canonical host. Keys in subdomains do not make another provider.

    The end of a domain is known for the listed registries; under others, two hosts with the same last two
    labels count as one provider.
    """
    labels = host.split(".")
    if len(labels) == 1 or is_address(host):
        return f"{host}:{port}"
    return ".".join(labels[-3 if ".".join(labels[-2:]) in REGISTRIES else -2 :])


def provider_of(url: str) -> str:
    """The provider of a URL, without revealing anything else of it."""
    parts = urlsplit(url)
    return provider_at(canonical(parts.hostname or ""), parts.port or PORTS.get(parts.scheme, 0))
