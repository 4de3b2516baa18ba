"""The only reader of Pulumi config: typed and frozen settings, or every mistake at once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from belts.chains import Chain, LocalChains, Traffic
from belts.credentials import MOST_GENERATIONS
from belts.envio import EnvioProject, ProjectInvalid
from belts.envio import read as read_envio
from belts.gateway import Beacon, GatewaySpec, Timeouts, Webhook
from belts.spec import (
    BeltSpec,
    EmbeddedEngine,
    ExternalHasura,
    Indexer,
    Postgres,
    Profile,
    Runtime,
    heap_mb,
)
from stacks.reading import Fields, Mistake, SettingsRefused

NAME = r"[a-z][a-z0-9-]{0,30}"
A_NAME = "a name of small letters, digits and dashes"
LEDGER_URL = "ledgerUrl"
WEBHOOK_URL = "webhookUrl"
WEBHOOK_SECRET = "webhookSecret"  # noqa: S105 -- the name of a key
HASURA_SECRET = "hasuraAdminSecret"  # noqa: S105 -- the name of a key
SECRET_ENV = "secretEnv"  # noqa: S105 -- the name of a key
LEAST_HEAP_MB = 128


class Kind(StrEnum):
    """What a stack declares. A belt that runs elsewhere will be a kind of its own, described by its URLs."""

    BELT = "belt"
    GATEWAY = "gateway"
    CHAINS = "chains"


class Engine(StrEnum):
    """Who answers GraphQL for a belt: the engine that comes with Belts, or a Hasura of the operator's."""

    EMBEDDED = "embedded"
    EXTERNAL = "external"


ReadProject = Callable[[Path, str], EnvioProject]

NO_PROJECT = EnvioProject(
    directory=Path(),
    config="",
    name="",
    version="",
    chains=(),
    contracts=(),
    events={},
    schema="",
    files=(),
    digest="",
    schema_digest="",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewaySettings:
    """The gateway, and the belt that its alias points at."""

    spec: GatewaySpec
    upstream: str
    policy: Path
    decommission: bool
    database: bool
    """Whether the stack exports the serving belt's database, for those who read past GraphQL."""


Settings = BeltSpec | GatewaySettings | LocalChains


def read(
    config: Mapping[str, str],
    *,
    namespace: str,
    stack: str,
    directory: Path,
    read_project: ReadProject = read_envio,
    secrets: frozenset[str] = frozenset(),
) -> Settings:
    """The settings of a stack, or `SettingsRefused` with every mistake, before anything is touched.

    `config` is what Pulumi hands over: a text for each key, JSON where the key holds a map or a list. Keys of
    other namespaces (providers') are none of our business.
    """
    prefix = f"{namespace}:"
    mistakes: list[Mistake] = []
    top = Fields(
        prefix,
        {
            key.removeprefix(prefix): _decoded(value)
            for key, value in config.items()
            if key.startswith(prefix)
        },
        mistakes,
        hidden=frozenset(key.removeprefix(prefix) for key in secrets),
    )
    top.check(stack, path="the stack's name", pattern=NAME, expected=A_NAME)
    match top.choice("kind", Kind):
        case Kind.BELT:
            settings: Settings | None = _belt(top, stack, directory, read_project)
        case Kind.GATEWAY:
            settings = _gateway(top, stack, directory)
        case Kind.CHAINS:
            settings = _chains(top, stack, directory)
        case None:
            settings = None
    if mistakes or settings is None:
        raise SettingsRefused(stack, mistakes)
    return settings


def _belt(top: Fields, stack: str, directory: Path, read_project: ReadProject) -> BeltSpec:
    postgres = top.fields("postgres")
    hasura = top.fields("hasura")
    indexer = top.fields("indexer")
    project = _project(indexer, directory, read_project)
    spec = BeltSpec(
        name=stack,
        root=_root(top, directory),
        acknowledged_readers=top.listed("acknowledgedReaders", of="readers, as a refusal names them"),
        credentials=top.count("credentials", default=1, most=MOST_GENERATIONS),
        revoke_previous=top.switch("revokePreviousCredentials"),
        runtime=top.choice("runtime", Runtime, default=Runtime.PROCESS) or Runtime.PROCESS,
        postgres=Postgres(
            port=postgres.port("port"),
            shared_buffers_mb=postgres.whole("sharedBuffersMb", of="MiB", default=128, least=16),
            max_connections=postgres.whole(
                "maxConnections", of="connections", default=60, least=20, most=5_000
            ),
            memory_mb=postgres.whole("memoryMb", of="MiB", default=512, least=64),
        ),
        hasura=_hasura(top, hasura),
        indexer=Indexer(
            project=project,
            port=indexer.port("port"),
            heap_mb=indexer.whole(
                "heapMb", of="MiB", default=heap_mb(len(project.chains)), least=LEAST_HEAP_MB
            ),
            profile=indexer.choice("profile", Profile, default=Profile.BACKFILL) or Profile.BACKFILL,
            environment=indexer.texts("env"),
            secret_environment=top.secret_names(SECRET_ENV),
            seed_deadline=timedelta(
                seconds=indexer.whole("seedDeadlineSeconds", of="seconds", default=180, least=5, most=86_400)
            ),
        ),
    )
    top.done(postgres, hasura, indexer)
    top.distinct("a port of its own", {top.path(path): port for path, port in spec.ports.items()})
    return spec


def _hasura(top: Fields, hasura: Fields) -> EmbeddedEngine | ExternalHasura:
    engine = hasura.choice("engine", Engine, default=Engine.EMBEDDED)
    if engine is Engine.EXTERNAL:
        top.secret(HASURA_SECRET)
        return ExternalHasura(url=hasura.url("url"))
    return EmbeddedEngine(
        port=hasura.port("port"),
        memory_mb=hasura.whole("memoryMb", of="MiB", default=256, least=64),
        response_limit=hasura.whole("responseLimit", of="rows", default=1_000),
        stringify_numeric=hasura.flag("stringifyNumeric", default=True),
    )


def _project(indexer: Fields, directory: Path, read_project: ReadProject) -> EnvioProject:
    """The Envio project that the settings name; an empty one stands in beside the mistakes that are told."""
    where = indexer.text("project", expected="the path of an Envio project")
    config = indexer.text(
        "config", default="config.yaml", expected="the name of an Envio config", pattern=r"[^/]+"
    )
    if not where or not config:
        return NO_PROJECT
    project = (directory / where).resolve()
    if not project.is_dir():
        indexer.wrong("project", "the path of an Envio project that exists")
        return NO_PROJECT
    try:
        return read_project(project, config)
    except ProjectInvalid as invalid:
        for mistake in invalid.mistakes:
            indexer.wrong("config", mistake.expected, got=mistake.got, within=mistake.place)
        return NO_PROJECT


def _gateway(top: Fields, stack: str, directory: Path) -> GatewaySettings:
    caddy = top.fields("caddy")
    waits = caddy.fields("timeouts", optional=True)
    settings = GatewaySettings(
        upstream=top.text("upstream", expected="the name of a belt's stack", pattern=NAME),
        policy=(directory / top.text("policy", expected="the path of the gate's policy")).resolve(),
        decommission=top.switch("decommission"),
        database=top.switch("exportDatabase"),
        spec=GatewaySpec(
            name=stack,
            root=_root(top, directory),
            port=caddy.port("port"),
            listen=caddy.text(
                "listen",
                default="127.0.0.1",
                expected="an IP address to listen on",
                pattern=r"[0-9a-fA-F.:]+",
            ),
            max_body_mb=caddy.whole("maxBodyMb", of="MiB", default=1, most=1_024),
            admin_headers=caddy.flag("adminHeaders", default=False),
            ledger_port=(ledger := _ledger(top)),
            credentials=1 if ledger is None else top.count("credentials", default=1, most=MOST_GENERATIONS),
            beacon=Beacon(),
            webhook=_webhook(top),
            timeouts=Timeouts(
                header=_seconds(waits, "headerSeconds", 10),
                body=_seconds(waits, "bodySeconds", 30),
                idle=_seconds(waits, "idleSeconds", 120),
                dial=_seconds(waits, "dialSeconds", 3),
                answer=_seconds(waits, "answerSeconds", 60),
            ),
        ),
    )
    top.done(caddy, waits)
    declared = sorted(path.name.split(".")[1] for path in directory.glob("Pulumi.*.yaml"))
    if settings.upstream == stack:
        top.wrong("upstream", "the name of a belt's stack, not of the gateway itself")
    elif settings.upstream and stack in declared and settings.upstream not in declared:
        others = " or ".join(name for name in declared if name != stack)
        top.wrong("upstream", f"the stack of a belt: {others or 'none has a config here'}")
    return settings


def _ledger(top: Fields) -> int | None:
    """The port of the gateway's own ledger; None where the stack names another one by its URL."""
    if top.has(LEDGER_URL):
        top.secret(LEDGER_URL)
        return None
    ledger = top.fields("ledger")
    port = ledger.port("port")
    ledger.done()
    return port


def _webhook(top: Fields) -> Webhook | None:
    """Whether moves are announced, and whether the announcements are signed; both values are secrets."""
    signed = top.has(WEBHOOK_SECRET)
    if signed:
        top.secret(WEBHOOK_SECRET)
    if signed or top.has(WEBHOOK_URL):
        top.secret(WEBHOOK_URL)
        return Webhook(signed=signed)
    return None


def _chains(top: Fields, stack: str, directory: Path) -> LocalChains:
    items = top.items("chains")
    traffic = top.fields("traffic")
    project = traffic.text(
        "project", default="examples", expected="the path of the program that makes traffic"
    )
    settings = LocalChains(
        name=stack,
        root=_root(top, directory),
        project=(directory / project).resolve(),
        chains=tuple(
            Chain(
                id=item.whole("id", of="a chain's id", most=2**53),
                port=item.port("port"),
                block_time=timedelta(seconds=item.number("blockTime", of="seconds")),
            )
            for item in items
        ),
        traffic=Traffic(
            seed=traffic.whole("seed", of="the seed", default=7),
            events=traffic.whole("events", of="events", default=212_000, least=1_000, most=100_000_000),
        ),
        ready_deadline=timedelta(
            seconds=traffic.whole("readyDeadlineSeconds", of="seconds", default=600, least=5, most=86_400)
        ),
    )
    top.done(traffic, *items)
    if project and not settings.project.is_dir():
        traffic.wrong("project", "the path of a directory that exists")
    pairs = tuple(zip(items, settings.chains, strict=True))
    top.distinct("a port of its own", {item.path("port"): chain.port for item, chain in pairs})
    top.distinct("an id of its own", {item.path("id"): chain.id for item, chain in pairs})
    return settings


def _root(top: Fields, directory: Path) -> Path:
    """Where the host keeps its belts: beside the state, unless the stack says otherwise."""
    return (
        directory / top.text("root", default=".belts/hosts", expected="the path of a directory")
    ).resolve()


def _seconds(fields: Fields, key: str, default: int) -> timedelta:
    return timedelta(seconds=fields.whole(key, of="seconds", default=default, most=86_400))


def _decoded(value: str) -> Any:
    """What a key holds: Pulumi hands maps and lists over as JSON, everything else as it was written."""
    if not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
