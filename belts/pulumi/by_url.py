"""A belt by URL as one Pulumi resource: it is looked at where it is, and its edge is brought up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pulumi
from pulumi import ComponentResource, Input, Output, ResourceOptions

from belts.envio import sources
from belts.files import why_unread
from belts.pulumi.here import RETIREMENT
from belts.pulumi.places import place_of
from belts.refusal import Refusal
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire import recorded
from belts.runtimes.url import unproved
from belts.runtimes.url.edge import certificates
from belts.runtimes.url.identity import identity_of
from belts.runtimes.url.look import look
from belts.spec import identity
from belts.spec.edge import EDGE, Edge
from belts.spec.url_belt import UrlBelt


class ByUrl(ComponentResource):
    """The edge of a belt that others run, and who that belt is."""

    graphql: Output[str]
    dial: Output[str]
    identity: Output[dict[str, Any]]

    def __init__(
        self,
        spec: UrlBelt,
        *,
        admin_secret: str,
        database: str,
        secrets: Mapping[str, Input[str]],
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare it. `secrets` are those that its host keeps; the others are only looked with."""
        super().__init__("belts:index:ByUrl", spec.name, None, opts)
        spec = seen(with_authorities(spec), admin_secret=admin_secret, database=database)
        place = place_of(spec, name="belts-host-check", retirement=RETIREMENT)
        if pulumi.runtime.is_dry_run():
            pulumi.info(place.costs(), resource=self)
            for words in unproved.of(spec):
                pulumi.info(f"{spec.name}: not looked at: {words}", resource=self)
        edge = place.carry_out(f"{spec.name}-edge", EDGE, parent=self, secrets=secrets)
        self.graphql = Output.unsecret(edge.result["graphql"])
        self.dial = Output.unsecret(edge.result["dial"])
        # Not before the edge is there: who knows the belt dials it.
        who = identity.written(identity_of(spec))
        self.identity = Output.unsecret(edge.result.apply(lambda _: who))
        self.register_outputs({"graphql": self.graphql, "identity": self.identity})


def with_authorities(spec: UrlBelt) -> UrlBelt:
    """The belt with the certificates that its file holds: the edge comes back without the file."""
    if spec.edge.ca is None:
        return spec
    try:
        text = spec.edge.ca.read_text()
        certificates(text)
    except (OSError, ValueError) as why:
        raise pulumi.RunError(
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


def seen(spec: UrlBelt, *, admin_secret: str, database: str) -> UrlBelt:
    """The belt with the seed that its database holds now, and what else is noted there.

    One that cannot be looked at is the one that it was when it was brought up, while its stack says nothing
    else: what is down elsewhere neither refuses what changes nothing, nor the end of its edge.
    """
    try:
        found = look(
            spec.name,
            spec.edge.url,
            secret=admin_secret,
            database=database,
            authorities=spec.edge.authorities,
        )
    except Refusal as refusal:
        before = _before(spec)
        if before is None:
            raise pulumi.RunError(str(refusal)) from None
        pulumi.warn(f"{spec.name}: it is taken for what it was when it was brought up: {refusal.brief}")
        return replace(spec, edge=replace(spec.edge, **_seen_of(before)))
    if urlsplit(spec.edge.url).scheme == "http":
        pulumi.warn(f"{spec.name}: what it is asked and what it answers travels in clear: {spec.edge.url}")
    edge = replace(
        spec.edge,
        database=found.database,
        catalogue=found.catalogue,
        noted=found.project,
        system_identifier=found.seed.system_identifier,
        database_oid=found.seed.database_oid,
        chain_table_oid=found.seed.chain_table_oid,
    )
    return replace(spec, edge=edge)


def sources_of(spec: UrlBelt) -> dict[str, list[str]]:
    """Whom each chain is indexed from: as the stack says, else as its project does."""
    if spec.indexed_from:
        told: dict[str, list[str]] = {}
        for each in spec.indexed_from:
            told.setdefault(str(each.chain), []).append(sources.origin(each.url))
        return told
    if spec.project is None:
        return {}
    known = sources.origins(spec.project.directory, spec.project.config, {})
    return {str(chain): list(urls) for chain, urls in known.items()}


def _before(spec: UrlBelt) -> Edge | None:
    """What the host was asked last, if that leads where the stack leads."""
    asked = recorded.look(Layout(root=spec.root, belt=spec.name)).requests
    edge = next((each.body for each in asked if isinstance(each.body, Edge)), None)
    return edge if edge is not None and edge.url == spec.edge.url else None


def _seen_of(before: Edge) -> dict[str, Any]:
    names = ("database", "catalogue", "noted", "system_identifier", "database_oid", "chain_table_oid")
    return {name: getattr(before, name) for name in names}
