"""All differences between Envio releases, in one room: host, engine and gate read them here.

A default is what every measured release has; an entry contains only how its release differs. A belt's host
runs the releases in `RELEASES` and refuses any other by name. A gate also reads databases of belts that
others run, so it distinguishes the `STORAGES` by a database's content.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import LiteralString

from belts.envio import verified

CHAINS = "envio_chains"
"""The table of chains. A belt's database is recognized by its name, before anything else is known of it."""
PREFIX = "envio_"
"""The prefix of Envio's own tables, which no entity has."""
GENERATED = "generated"
"""The directory and package that a release's code generator makes from a project."""


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The table beside each entity that keeps former rows, so that a reorganisation can be undone."""

    prefix: str = "envio_history_"
    checkpoint: str = "envio_checkpoint_id"
    change: str = "envio_change"
    written: str = "SET"
    deleted: str = "DELETE"

    def of(self, entity: str) -> str:
        return f"{self.prefix}{entity}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """The table of contracts found while indexing. `address` and `found` are SQL over its rows."""

    table: str
    address: LiteralString
    chain: str
    block: str
    timestamp: str | None
    found: LiteralString
    """Whether a row's contract was registered by a log, not by the config."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A view that shows consumers the progress of each chain: which field shows which column of `CHAINS`."""

    name: str
    chain: str
    shows: Mapping[str, str]

    def field(self, column: str) -> str:
        return next(field for field, shown in self.shows.items() if shown == column)


META = View(
    name="_meta",
    chain="chainId",
    shows={
        "startBlock": "start_block",
        "endBlock": "end_block",
        "progressBlock": "progress_block",
        "eventsProcessed": "events_processed",
        "sourceBlock": "source_block",
        "bufferBlock": "buffer_block",
        "firstEventBlock": "first_event_block",
        "readyAt": "ready_at",
    },
)
CHAIN_METADATA = View(
    name="chain_metadata",
    chain="chain_id",
    shows={
        "start_block": "start_block",
        "end_block": "end_block",
        "latest_processed_block": "progress_block",
        "num_events_processed": "events_processed",
        "block_height": "source_block",
        "latest_fetched_block_number": "buffer_block",
        "first_event_block_number": "first_event_block",
        "timestamp_caught_up_to_head_or_endblock": "ready_at",
    },
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Storage:
    """What a release keeps in its database besides the entities."""

    chains: str = CHAINS
    checkpoints: str = "envio_checkpoints"
    raw_events: str = "raw_events"
    configured: str
    """The table that records the config of the seed."""
    settings: str | None = None
    """The column of `configured` with that config, as JSON."""
    registry: Registry
    history: History = History()
    enums: frozenset[str] = frozenset({"envio_history_change"})
    """Enum types that no schema declares."""
    views: tuple[View, ...] = (CHAIN_METADATA, META)

    @property
    def internal(self) -> frozenset[str]:
        """Tables and views that are not entities, and hidden from readers of entities."""
        views = (view.name for view in self.views)
        return frozenset(
            {self.chains, self.checkpoints, self.raw_events, self.configured, self.registry.table, *views}
        )

    @property
    def names(self) -> frozenset[str]:
        """What distinguishes it: its tables and views, and the columns of its histories."""
        return self.internal | {self.history.checkpoint, self.history.change}


DYNAMIC_CONTRACTS = Registry(
    table="dynamic_contract_registry",
    address="contract_address",
    chain="chain_id",
    block="registering_event_block_number",
    timestamp="registering_event_block_timestamp",
    found="registering_event_src_address <> ''",
)
ADDRESSES = Registry(
    table="envio_addresses",
    address="substring(id from '0x[0-9a-fA-F]{40}')",
    chain="chain_id",
    block="registration_block",
    timestamp=None,
    found="registration_log_index >= 0",
)
OF_ALPHA = Storage(configured="persisted_state", registry=DYNAMIC_CONTRACTS)
OF_2 = Storage(
    configured="persisted_state",
    registry=DYNAMIC_CONTRACTS,
    history=History(checkpoint="checkpoint_id"),
    enums=OF_ALPHA.enums | {"contract_type", "entity_type"},
)
OF_3 = Storage(configured="envio_info", settings="config", registry=ADDRESSES)
STORAGES = (OF_ALPHA, OF_2, OF_3)
"""As measured in databases of 3.0.0-alpha.17 and .21, of 2.32.12 and of 3.8.0."""
VIEWS = {view.name: view for storage in STORAGES for view in storage.views}
WIDER = {"Int": frozenset({"bigint", "Float", "float4"}), "numeric": frozenset({"bigint"})}
"""Number types in GraphQL that differ between releases in Envio's own tables: a type and alternatives."""
RAW_EVENTS = frozenset(storage.raw_events for storage in STORAGES)
HISTORIES = frozenset(storage.history for storage in STORAGES)
NAMES = frozenset[str]().union(*(storage.names for storage in STORAGES))
ENUMS = frozenset[str]().union(*(storage.enums for storage in STORAGES))
INTERNAL = frozenset[str]().union(*(storage.internal for storage in STORAGES))
"""What is not an entity in any release: for callers that see only names, and no database."""


def storage_of(names: Collection[str]) -> Storage:
    """The best fitting storage for a database with these tables, views and history columns."""
    return max(STORAGES, key=lambda storage: len(storage.names & set(names)))


def is_internal(name: str) -> bool:
    """Whether a table or view of this name is Envio's own in any release."""
    return name in INTERNAL or name.startswith(PREFIX)


@dataclass(frozen=True, kw_only=True, slots=True)
class Metrics:
    """The indexer's metrics over HTTP."""

    path: str = "/metrics"
    process: str = "/runtime"
    """Appended to `path`: where some releases report their process metrics instead."""
    info: str = "envio_info"
    version: str = "version"
    started: tuple[str, ...] = ("process_start_time_seconds", "envio_process_start_time_seconds")
    """The same moment under two names: releases without the first at `path` report the second."""
    chain: str = "chainId"
    progress: tuple[str, ...] = ("envio_progress_block", "envio_progress_block_number")
    """The block that a chain has reached: one metric under two names."""

    @staticmethod
    def plain(version: str) -> str:
        """A version as a project pins it; one release shows it with a leading letter."""
        return re.sub(r"^v(?=\d)", "", version)


METRICS = Metrics()


TOKEN = "ENVIO_API_TOKEN"  # noqa: S105 -- the name of a variable
"""Identifies the client to Envio's own service for the history of chains."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """The variables that configure an indexer."""

    host: str = "ENVIO_PG_HOST"
    port: str = "ENVIO_PG_PORT"
    user: str = "ENVIO_PG_USER"
    passwords: tuple[str, ...] = ("ENVIO_PG_PASSWORD", "ENVIO_POSTGRES_PASSWORD")
    database: str = "ENVIO_PG_DATABASE"
    tls: str = "ENVIO_PG_SSL_MODE"
    indexer_port: str = "ENVIO_INDEXER_PORT"
    metadata: str = "HASURA_GRAPHQL_ENDPOINT"
    admin_secret: str = "HASURA_GRAPHQL_ADMIN_SECRET"  # noqa: S105 -- the name of a variable
    response_limit: str = "ENVIO_HASURA_RESPONSE_LIMIT"
    config: str | None = None
    """The variable for the config, if any; other releases have it in their generated code."""
    plain_log: tuple[tuple[str, str], ...] = (
        ("TUI_OFF", "true"),
        ("LOG_STRATEGY", "ecs-console"),
        ("LOG_LEVEL", "info"),
    )
    """Makes it write a log instead of a terminal screen."""
    reseeds: str = "ENVIO_RESTART"
    """Makes it start from scratch."""
    other_data: tuple[str, ...] = ("ENVIO_PG_SCHEMA", "ENVIO_PG_PUBLIC_SCHEMA")
    """Change where it looks for its data, so that it starts from scratch there."""


FORMS = ("chains", "networks")
"""The keys under which configs list their chains."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigKeys:
    """The keys that a config may have, according to the release's own JSON schema."""

    chains: str = "chains"
    """The key of its chains, which distinguishes the forms of configs."""
    config: frozenset[str]
    contract: frozenset[str]
    event: frozenset[str]
    chain: frozenset[str]
    chain_contract: frozenset[str]


class Resumes(StrEnum):
    """What a release does when it starts on existing data with a changed project."""

    SILENTLY = "silently"
    """Continues whatever has changed: skips new chains, and keeps chains' settings as seeded."""
    COMPARING = "comparing"
    """Compares config and schema with those of the seed, and exits if they differ."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvioRelease:
    """One release, verified for belts' hosts."""

    version: str
    storage: Storage
    config: ConfigKeys
    resumes: Resumes
    entry: str
    """Node's entry point, below the project, or below the packages if no code is generated."""
    arguments: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    """Packages that Node loads first."""
    tools: Mapping[str, str]
    """The code generator's packages, with their `integrity`."""
    builds: Mapping[str, str]
    """The same for its binaries, with one package per kind of machine."""
    generates: bool = True
    """Whether it runs from a package generated beforehand; otherwise it writes to the project."""
    gauges: bool = True
    """Whether more metrics can be added: it contains the library that keeps them."""
    metrics: Metrics = METRICS
    environment: Environment = Environment()
    takes_sockets: bool = True
    """Whether its Postgres client accepts a socket's folder as host; else Postgres must listen on TCP."""


_CONTRACT = frozenset({"name", "abi_file_path", "handler", "events"})
_KEYS = ConfigKeys(
    config=frozenset(
        {
            *("name", "description", "ecosystem", "schema", "output", "handlers", "full_batch_size"),
            *("contracts", "chains", "rollback_on_reorg", "save_full_history", "field_selection"),
            *("raw_events", "address_format"),
        }
    ),
    contract=_CONTRACT,
    event=frozenset({"event", "name", "field_selection"}),
    chain=frozenset(
        {
            *("id", "rpc", "hypersync_config", "max_reorg_depth", "block_lag", "start_block", "end_block"),
            "contracts",
        }
    ),
    chain_contract=_CONTRACT | {"address", "start_block"},
)
ALPHA_17 = EnvioRelease(
    version="3.0.0-alpha.17",
    storage=OF_ALPHA,
    resumes=Resumes.SILENTLY,
    config=_KEYS,
    entry=f"{GENERATED}/src/Index.res.mjs",
    tools=verified.WITH_ALPHA_17,
    builds=verified.BUILDS_ALPHA_17,
)
ALPHA_21 = replace(
    ALPHA_17,
    version="3.0.0-alpha.21",
    tools=verified.WITH_ALPHA_21,
    builds=verified.BUILDS_ALPHA_21,
)
V2_32 = EnvioRelease(
    version="2.32.12",
    storage=OF_2,
    resumes=Resumes.SILENTLY,
    config=ConfigKeys(
        chains="networks",
        config=frozenset(
            {
                *("name", "description", "ecosystem", "schema", "output", "contracts", "networks"),
                *("rollback_on_reorg", "save_full_history", "field_selection", "raw_events"),
                *("address_format", "event_decoder", "preload_handlers", "unordered_multichain_mode"),
            }
        ),
        contract=_CONTRACT,
        event=_KEYS.event,
        chain=frozenset(
            {
                *("id", "rpc", "rpc_config", "hypersync_config", "confirmed_block_threshold"),
                *("start_block", "end_block", "contracts"),
            }
        ),
        chain_contract=_KEYS.chain_contract,
    ),
    entry=f"{GENERATED}/src/Index.res.js",
    preload=("ts-node/register",),
    tools=verified.WITH_2_32_12,
    builds=verified.BUILDS_2_32_12,
)
LATER = EnvioRelease(
    version="3",
    storage=OF_3,
    resumes=Resumes.COMPARING,
    config=replace(
        _KEYS,
        config=_KEYS.config | {"storage", "disable_default_cross_chain", "column_name_format", "bytes_type"},
        chain=_KEYS.chain | {"skip"},
    ),
    entry="envio/bin.mjs",
    arguments=("start",),
    tools={},
    builds={},
    generates=False,
    gauges=False,
    environment=Environment(
        config="ENVIO_CONFIG",
        plain_log=(("ENVIO_TUI", "false"), ("LOG_STRATEGY", "ecs-console"), ("LOG_LEVEL", "info")),
    ),
)
"""One process with native code, which generates its own code at each start: 3.0 to 3.13."""
LATER_FORM, LAST_MINOR = re.compile(r"3\.(\d{1,3})\.\d{1,3}"), 13
RELEASES: dict[str, EnvioRelease] = {release.version: release for release in (V2_32, ALPHA_17, ALPHA_21)}
RESEEDS = tuple(dict.fromkeys(release.environment.reseeds for release in RELEASES.values()))
OTHER_DATA = tuple(
    dict.fromkeys(name for release in RELEASES.values() for name in release.environment.other_data)
)
LATEST = ALPHA_21
KNOWN = f"{', '.join(RELEASES)}, 3.0 to 3.{LAST_MINOR}"


def release_of(version: str) -> EnvioRelease | None:
    """The release, if it was run here or belongs to a measured generation; else None."""
    if version in RELEASES:
        return RELEASES[version]
    found = LATER_FORM.fullmatch(version)
    return replace(LATER, version=version) if found and int(found[1]) <= LAST_MINOR else None


HOW_TO_VERIFY = (
    "`python -m belts verify-envio PROJECT` runs it and tells what differs from those known; that goes to"
    " belts/envio/release.py"
)
