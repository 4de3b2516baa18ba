"""Who stands behind an address: names under one domain are one provider, ports of one address several."""

from urllib.parse import urlsplit

from belts.provider.hosts import canonical, is_address
from belts.provider.registries import REGISTRIES

PORTS = {"http": 80, "https": 443}


def provider_at(host: str, port: int) -> str:
    """By the one spelling of a host. Keys in subdomains make no other provider.

    Where a domain ends is known of the registries that are listed; under another one, two hosts with one end
    of two labels are taken for one provider.
    """
    labels = host.split(".")
    if len(labels) == 1 or is_address(host):
        return f"{host}:{port}"
    return ".".join(labels[-3 if ".".join(labels[-2:]) in REGISTRIES else -2 :])


def provider_of(url: str) -> str:
    """By a URL, of which nothing else is shown."""
    parts = urlsplit(url)
    return provider_at(canonical(parts.hostname or ""), parts.port or PORTS.get(parts.scheme, 0))
