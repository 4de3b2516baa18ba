"""The program of the stack of a belt by URL: its edge, and the outputs by which others find the belt."""

from dataclasses import replace
from typing import Any

import pulumi
from pulumi import Output, RunError
from pulumi.runtime import config as engine_config

from belts.files import why_unread
from belts.pulumi.by_url import DATABASE_URL as HELD
from belts.pulumi.by_url import ByUrl
from belts.refusal import Refusal
from belts.runtimes.url.edge import certificates
from belts.spec.url_belt import ADMIN_SECRET, CONSUMER_URL, DATABASE_URL, UrlBelt
from stacks import outputs


def declare(spec: UrlBelt, config: pulumi.Config) -> None:
    """Declare the edge, and export the belt."""
    spec = with_authorities(spec)
    try:
        belt = ByUrl(
            spec,
            admin_secret=_told(config, ADMIN_SECRET),
            database=_told(config, DATABASE_URL),
            secrets={HELD: config.require_secret(DATABASE_URL)},
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
    for name, value in outputs.exports_by_url(spec, belt, secrets).items():
        pulumi.export(name, value)


def with_authorities(spec: UrlBelt) -> UrlBelt:
    """The belt with the certificates that its file holds: the edge comes back without the file."""
    if spec.edge.ca is None:
        return spec
    try:
        text = spec.edge.ca.read_text()
        certificates(text)
    except (OSError, ValueError) as why:
        raise RunError(
            str(
                Refusal(
                    f"{spec.name}: nobody could certify its URL",
                    expected=f"certificates in PEM in {spec.edge.ca}, which `edge.ca` names",
                    seen=why_unread(why),
                    now="give it the file of whoever signed the belt's certificate",
                )
            )
        ) from None
    return replace(spec, edge=replace(spec.edge, authorities=text))


def _told(config: pulumi.Config, key: str) -> str:
    """A secret that the belt is looked at with; the program knows it, and passes it on to nobody."""
    return engine_config.get_config(config.full_key(key)) or ""
