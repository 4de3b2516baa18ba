"""A belt that runs elsewhere, as its stack describes it: by its URLs, and by its project if that is here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from belts.envio import EnvioProject
from belts.reading.kinds import PathTo, Secret, Section, Text, Url, Whole
from belts.spec.edge import DATABASE_URL, EDGE, Edge
from belts.spec.runtime import Runtime

ADMIN_SECRET = "adminSecret"  # noqa: S105 -- the name of a key
CONSUMER_URL = "consumerDatabaseUrl"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkout:
    """Where the Envio project of the belt lies on this machine."""

    project: Annotated[
        Path,
        PathTo(
            "by URL: directory of the Envio project that the belt runs, from the project's directory; taken "
            "at its word, as nothing shows here what runs there",
            what="the path of an Envio project",
            must="an Envio project",
            of_directory=True,
        ),
    ]
    config: Annotated[
        str,
        Text(
            "by URL: name of the Envio config in it",
            what="the name of an Envio config",
            pattern=r"(?!\.\.?$)[^/]+",
        ),
    ] = "config.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Whom one chain is indexed from."""

    chain: Annotated[int, Whole("by URL: id of a chain", what="a chain's id", most=2**53)]
    url: Annotated[str, Url("by URL: an RPC, or Envio's own service, that the belt indexes it from")]


@dataclass(frozen=True, kw_only=True, slots=True)
class UrlBelt:
    """One belt by URL. Of what is secret it knows only that it is told."""

    name: str
    root: Path
    project: EnvioProject | None = None
    runtime: Runtime = Runtime.URL
    adopt: str | None = None
    edge: Annotated[Edge, Section()]
    metrics: Annotated[
        str | None,
        Url(
            "by URL: the metrics of its indexer; without it the gate cannot tell its version, its heap and "
            "its restarts",
            what="a URL like https://host/metrics",
            live=True,
        ),
    ] = None
    envio: Annotated[Checkout | None, Section()] = None
    indexed_from: Annotated[tuple[Source, ...], Section()] = ()
    admin_secret: Annotated[
        bool,
        Secret(
            f"by URL: the admin secret of its GraphQL; refused in plain text: `pulumi config set --secret "
            f"{ADMIN_SECRET}`",
            key=ADMIN_SECRET,
            live=True,
        ),
    ]
    database_url: Annotated[
        bool,
        Secret(
            "by URL: its database, for a user who may only read; with `sslmode=verify-full` where that is on "
            f"another machine. Refused in plain text: `pulumi config set --secret {DATABASE_URL}`",
            key=DATABASE_URL,
            live=True,
        ),
    ]
    consumer_url: Annotated[
        bool,
        Secret(
            "by URL: the same for those who read past GraphQL, as a gateway with `exportDatabase` tells it; "
            "refused in plain text",
            key=CONSUMER_URL,
            live=True,
        ),
    ] = False

    @property
    def parts(self) -> Mapping[str, Edge]:
        """What of it runs here."""
        return {EDGE: self.edge}
