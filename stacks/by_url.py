"""The program of the stack of a belt by URL: its edge, and the outputs by which others find the belt."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import Output, RunError
from pulumi.runtime import config as engine_config

from belts.pulumi.by_url import ByUrl, sources_of
from belts.refusal import Refusal
from belts.spec.edge import DATABASE_URL
from belts.spec.url_belt import ADMIN_SECRET, CONSUMER_URL, UrlBelt
from stacks import outputs


def declare(spec: UrlBelt, config: pulumi.Config) -> None:
    """Declare the edge, and export the belt."""
    try:
        belt = ByUrl(
            spec,
            admin_secret=_told(config, ADMIN_SECRET),
            database=_told(config, DATABASE_URL),
            secrets={DATABASE_URL: config.require_secret(DATABASE_URL)},
        )
    except Refusal as refusal:
        raise RunError(str(refusal)) from None
    consumer: Output[str] | str = config.require_secret(CONSUMER_URL) if spec.consumer_url else ""
    secrets: dict[str, Output[Any]] = {
        "adminSecret": config.require_secret(ADMIN_SECRET),
        "databases": Output.secret(
            Output.all(config.require_secret(DATABASE_URL), consumer).apply(
                lambda urls: dict(zip(outputs.READERS, urls, strict=True))
            )
        ),
    }
    for name, value in exports(spec, belt, secrets).items():
        pulumi.export(name, value)


def exports(spec: UrlBelt, belt: ByUrl, secrets: Mapping[str, Output[Any]]) -> dict[str, Output[Any] | Any]:
    """The same outputs of a belt by URL; what nobody knows of it is empty there, and no default of ours."""
    return {
        "outputsVersion": outputs.VERSION,
        "belt": spec.name,
        "graphql": belt.graphql,
        "dial": belt.dial,
        "metrics": spec.metrics or "",
        "footprint": outputs.footprint(spec.project) if spec.project else {},
        "identity": belt.identity,
        "sources": sources_of(spec),
        **{name: Output.secret(value) for name, value in secrets.items()},
    }


def _told(config: pulumi.Config, key: str) -> str:
    """A secret that the belt is looked at with; the program knows it, and passes it on to nobody."""
    return engine_config.get_config(config.full_key(key)) or ""
