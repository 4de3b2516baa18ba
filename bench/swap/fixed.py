"""Caddy with its upstream in the config, as the reference for the gateway's throughput. Pure."""

import json
from pathlib import Path
from typing import Any

from belts.runtimes import caddy
from belts.spec.gateway import Caddy, GatewaySpec, StatusEndpoint


def spec(port: int, *, name: str, root: Path) -> GatewaySpec:
    """A gateway as a stack declares it."""
    return GatewaySpec(name=name, root=root, caddy=_door(port), status_endpoint=StatusEndpoint())


def same(port: int, dial: str, belt: str, *, home: Path) -> dict[str, Any]:
    """The gateway's config with a belt written into it: the same paths, limits, headers and log."""
    fixed = spec(port, name="fixed", root=home)
    found = caddy.render(_door(port), alias=fixed.alias, log=home / "access.log", storage=home / "own")
    [server] = found["apps"]["http"]["servers"].values()
    server["routes"] = [route for route in server["routes"] if not _reads_the_alias(route)]
    text = json.dumps(found).replace(caddy.DIAL, dial).replace(caddy.BELT, belt)
    written: dict[str, Any] = json.loads(text)
    return written


def _door(port: int) -> Caddy:
    return Caddy(port=port, status_endpoint=True)


def _reads_the_alias(route: dict[str, Any]) -> bool:
    """Whether it is one of those that take the belt from the alias's files, or set what these have said."""
    return "{file." in json.dumps(route) or all(step["handler"] == "vars" for step in route["handle"])


def bare(port: int, dial: str) -> dict[str, Any]:
    """Only a `reverse_proxy`: no log, no limits, every path."""
    proxy = {"handler": "reverse_proxy", "upstreams": [{"dial": dial}]}
    server = {
        "listen": [f"127.0.0.1:{port}"],
        "protocols": ["h1", "h2c"],
        "automatic_https": {"disable": True},
        "routes": [{"handle": [proxy]}],
    }
    return {"admin": {"disabled": True}, "apps": {"http": {"servers": {"bare": server}}}}
