"""The only reader of Pulumi config: typed and frozen settings, or every mistake at once."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pulumi import RunError

from belts.envio import EnvioProject, ProjectInvalid
from belts.envio import read as read_envio
from belts.reading.codec import decode, walk
from belts.reading.fields import Fields
from belts.reading.kinds import (
    Choice,
    Flag,
    PathTo,
    Port,
    Secret,
    SecretNames,
    Section,
    Text,
    either,
)
from belts.reading.mistakes import Mistake, MistakesError
from belts.spec.alias import DIRECTORY, CommandAlias, DirectoryAlias
from belts.spec.alias import ENV as ALIAS_ENV
from belts.spec.alias import STDIN as ALIAS_STDIN
from belts.spec.belt import BeltSpec
from belts.spec.chains import Chains, LocalChains
from belts.spec.engine import GRAPHQL, ExternalHasura
from belts.spec.gateway import Caddy, GatewaySpec, StatusEndpoint, WebhookSender
from belts.spec.indexer import heap_mb
from belts.spec.postgres import Ledger
from belts.spec.runtime import GATEWAYS, Runtime
from belts.spec.url_belt import UrlBelt

NAME = Text(what="a name of small letters, digits and dashes", pattern=r"[a-z][a-z0-9-]{0,30}")
ADOPTED = r"[A-Za-z0-9][A-Za-z0-9-]{0,99}-[0-9a-f]{16}|unnamed"
LEDGER_URL = "ledgerUrl"
WEBHOOK_URL = "webhookUrl"
WEBHOOK_SECRET = "webhookSecret"  # noqa: S105 -- the name of a key
HASURA_SECRET = "hasuraAdminSecret"  # noqa: S105 -- the name of a key
SECRET_ENV = "secretEnv"  # noqa: S105 -- the name of a key


class SettingsRefused(MistakesError, RunError):
    """The stack's config holds mistakes; all of them are in the text, and nothing was touched."""

    def __init__(self, stack: str, mistakes: Iterable[Mistake]) -> None:
        """Say each mistake once, on a line of its own."""
        super().__init__(
            mistakes,
            of=f"the config of stack {stack!r}",
            left="nothing was touched",
            now=f"mend Pulumi.{stack}.yaml; docs/configuration.md describes its settings",
        )


class Kind(StrEnum):
    """What a stack declares."""

    BELT = "belt"
    GATEWAY = "gateway"
    CHAINS = "chains"


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
    lock="",
    files=(),
    digest="",
    schema_digest="",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """What every stack says."""

    kind: Annotated[Kind, Choice("what the stack declares", words=Kind)]
    root: Annotated[
        Path,
        PathTo(
            "the directory on the host below which belts keep their files, from the project's directory",
            what="the path of a directory",
            otherwise=".belts/hosts",
        ),
    ]
    runtime: Annotated[
        Runtime,
        Choice(
            "where the parts run: `process`, on the machine that Pulumi runs on; or, for a belt that is "
            "there already, `url`: [elsewhere](places.md), in the hands of others",
            words=Runtime,
        ),
    ] = Runtime.PROCESS
    adopt: Annotated[
        str | None,
        Text(
            "the name of a host, as a [refusal](host.md) gives it, from which this stack is "
            "taken over to the host that `pulumi up` runs on",
            what="the name of a host, as a refusal gives it",
            pattern=ADOPTED,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewaySettings:
    """The gateway, and the belt that its alias points at."""

    name: str
    root: Path
    runtime: Runtime = Runtime.PROCESS
    adopt: str | None = None
    upstream: Annotated[
        str,
        Text(
            "the stack of the belt that consumers are served from",
            what="the name of a belt's stack",
            pattern=NAME.pattern,
        ),
    ]
    policy: Annotated[
        Path,
        PathTo(
            "path of the gate's [policy](gate.md), from the project's directory; read when the alias is to "
            "move",
            what="the path of the gate's policy",
        ),
    ]
    caddy: Annotated[Caddy | None, Section()] = None
    alias: Annotated[DirectoryAlias | CommandAlias, Section()] = DIRECTORY
    alias_environment: Annotated[
        tuple[str, ...],
        SecretNames(
            "command only: a map of environment variables for `set` and `get` that are secrets; refused in "
            "plain text: `pulumi config set --secret --path aliasEnv.NAME` asks for it",
            key=ALIAS_ENV,
        ),
    ] = ()
    alias_stdin: Annotated[
        bool,
        Secret(
            "command only: what `set` and `get` are given on stdin; refused in plain text: "
            f"`pulumi config set --secret {ALIAS_STDIN}`",
            key=ALIAS_STDIN,
        ),
    ] = False
    ledger: Annotated[Ledger | None, Section()] = None
    ledger_url: Annotated[
        bool,
        Secret(
            "instead of `ledger`: the URL of a Postgres of yours that keeps the ledger; refused in plain "
            f"text: `pulumi config set --secret {LEDGER_URL}`",
            key=LEDGER_URL,
        ),
    ] = False
    webhook_url: Annotated[
        bool,
        Secret(
            "a listener that every promotion and rollback is announced to; refused in plain text: "
            f"`pulumi config set --secret {WEBHOOK_URL}`",
            key=WEBHOOK_URL,
        ),
    ] = False
    webhook_secret: Annotated[
        bool,
        Secret(
            "the key that announcements are signed with, `whsec_` and the base64 of 24 to 64 bytes; refused "
            "in plain text",
            key=WEBHOOK_SECRET,
        ),
    ] = False
    database: Annotated[
        bool,
        Flag(
            "whether the stack exports `database`, a secret: the serving belt's read-only URL (role "
            "`consumer`), for those who read past GraphQL; it changes with every promotion and rollback",
            key="exportDatabase",
            top=True,
        ),
    ] = False
    decommission: Annotated[
        bool,
        Flag(
            "that the gateway is to end: after the next `pulumi up`, `pulumi destroy --run-program` is let "
            "through",
            top=True,
        ),
    ] = False
    lift: Annotated[
        str | None,
        Text(
            "a bar by its name, such as `green-7`: the belt that was [wrong right after its "
            "promotion](gate.md) may be promoted again",
            what="a bar by its name, such as green-7",
            pattern=rf"{NAME.pattern}-[1-9][0-9]*",
        ),
    ] = None

    @property
    def elsewhere(self) -> CommandAlias | None:
        """The alias that lives elsewhere; None where it is a directory."""
        return self.alias if isinstance(self.alias, CommandAlias) else None

    @property
    def url(self) -> str:
        """Where consumers ask."""
        if isinstance(self.alias, CommandAlias):
            return self.alias.url
        return f"{self.spec.url}{GRAPHQL}"

    @property
    def spec(self) -> GatewaySpec:
        """What runs on the host."""
        sender = WebhookSender(signed=self.webhook_secret, own_ledger=self.ledger is None)
        return GatewaySpec(
            name=self.name,
            root=self.root,
            runtime=self.runtime,
            adopt=self.adopt,
            caddy=self.caddy,
            ledger=self.ledger,
            status_endpoint=StatusEndpoint(),
            webhook_sender=sender if self.webhook_url else None,
        )


Settings = BeltSpec | UrlBelt | GatewaySettings | LocalChains


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
    own = {
        key.removeprefix(prefix): _decoded(value) for key, value in config.items() if key.startswith(prefix)
    }
    top = Fields(
        values=own,
        mistakes=mistakes,
        path=prefix,
        directory=directory,
        hidden=frozenset(key.removeprefix(prefix) for key in secrets),
        texts=True,
    )
    Fields(values={"the stack's name": stack}, mistakes=mistakes).read("the stack's name", NAME)
    common: Stack = decode(Stack, top, top=top)
    match common.kind:
        case Kind.BELT if common.runtime is Runtime.URL:
            settings: Settings | None = _url_belt(top, stack, common, read_project)
        case Kind.BELT:
            settings = _belt(top, stack, common, read_project)
        case Kind.GATEWAY:
            settings = _gateway(top, stack, common, directory)
        case Kind.CHAINS:
            settings = _chains(top, stack, common)
        case _:
            settings = None
    if common.kind in {Kind.GATEWAY, Kind.CHAINS} and common.runtime not in GATEWAYS:
        top.wrong("runtime", f"{either([*GATEWAYS])}: only a belt may be elsewhere")
    if mistakes or settings is None:
        raise SettingsRefused(stack, mistakes)
    return settings


def _belt(top: Fields, stack: str, common: Stack, read_project: ReadProject) -> BeltSpec:
    spec: BeltSpec = decode(BeltSpec, top, top=top, name=stack, **_where(common), project=NO_PROJECT)
    top.done()
    if isinstance(spec.hasura, ExternalHasura) and not top.has(HASURA_SECRET):
        top.read(HASURA_SECRET, Secret(key=HASURA_SECRET))
    if isinstance(spec.hasura, ExternalHasura) and not spec.postgres.tcp:
        top.section("postgres").wrong("tcp", "true, as a Hasura of yours reads it over TCP", got="false")
    top.distinct("a port of its own", _ports(spec))
    project = _project(spec, top, read_project)
    heap = spec.indexer.heap_mb or heap_mb(len(project.chains))
    indexer = replace(spec.indexer, digest=project.digest, chains=project.chains, heap_mb=heap)
    return replace(spec, project=project, indexer=indexer)


def _url_belt(top: Fields, stack: str, common: Stack, read_project: ReadProject) -> UrlBelt:
    spec: UrlBelt = decode(UrlBelt, top, top=top, name=stack, **_where(common))
    top.done()
    if spec.envio is None:
        return spec
    return replace(
        spec, project=_read(spec.envio.project, spec.envio.config, top.section("envio"), read_project)
    )


def _project(spec: BeltSpec, top: Fields, read_project: ReadProject) -> EnvioProject:
    """The Envio project that the settings name; an empty one stands in beside the mistakes that are told."""
    indexer = spec.indexer
    return _read(indexer.project, indexer.config, top.section("indexer"), read_project)


def _read(directory: Path, config: str, section: Fields, read_project: ReadProject) -> EnvioProject:
    if directory == PathTo.stand_in:
        return NO_PROJECT
    try:
        return read_project(directory, config)
    except ProjectInvalid as invalid:
        for mistake in invalid.mistakes:
            section.wrong("config", mistake.expected, got=mistake.got, within=mistake.path)
        return NO_PROJECT


def _gateway(top: Fields, stack: str, common: Stack, directory: Path) -> GatewaySettings:
    settings: GatewaySettings = decode(GatewaySettings, top, top=top, name=stack, **_where(common))
    top.done()
    if settings.ledger is None and not top.has(LEDGER_URL):
        top.section("ledger")
    elif settings.ledger is not None and top.has(LEDGER_URL):
        top.wrong("ledger", f"either `ledger` or `{LEDGER_URL}`", got="both")
    if top.has(WEBHOOK_SECRET) and not top.has(WEBHOOK_URL):
        top.read(WEBHOOK_URL, Secret(key=WEBHOOK_URL))
    if settings.elsewhere is None:
        if settings.caddy is None:
            top.section("caddy")
        for key in (ALIAS_ENV, ALIAS_STDIN):
            if top.has(key):
                top.wrong(key, "an `alias` of kind `command` beside it", got="none")
    top.distinct("a port of its own", _ports(settings))
    declared = sorted(path.name.split(".")[1] for path in directory.glob("Pulumi.*.yaml"))
    if settings.upstream == stack:
        top.wrong("upstream", "the name of a belt's stack, not of the gateway itself")
    elif settings.upstream and stack in declared and settings.upstream not in declared:
        others = " or ".join(name for name in declared if name != stack)
        top.wrong("upstream", f"the stack of a belt: {others or 'none has a config here'}")
    return settings


def _chains(top: Fields, stack: str, common: Stack) -> LocalChains:
    chains: Chains = decode(Chains, top, top=top)
    top.done()
    top.distinct("a port of its own", _ports(chains))
    ids = ((path, value) for path, each, value in walk(chains) if each.name == "id")
    top.distinct("an id of its own", ids)
    return LocalChains(name=stack, chains=chains, **_where(common))


def _where(common: Stack) -> dict[str, Any]:
    return {"root": common.root, "runtime": common.runtime, "adopt": common.adopt}


def _ports(part: Any) -> Iterator[tuple[str, int]]:
    return ((path, value) for path, each, value in walk(part) if isinstance(each.kind, Port))


def _decoded(value: str) -> Any:
    """What a key holds: Pulumi hands maps and lists over as JSON, everything else as it was written."""
    if not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
