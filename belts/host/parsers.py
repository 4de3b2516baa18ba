"""Reads the fields of each kind of part."""

from collections.abc import Callable

from belts.credentials import MOST_GENERATIONS
from belts.host.bodies import (
    BeaconRequest,
    CaddyRequest,
    ChainRequest,
    ChainsRequest,
    EngineRequest,
    HeraldRequest,
    IndexerRequest,
    LedgerRequest,
    PartRequest,
    PostgresRequest,
    WatchedRequest,
)
from belts.host.fields import Fields


def _generation(fields: Fields) -> int:
    return fields.whole("credentials", default=1, least=1, most=MOST_GENERATIONS)


def _postgres(fields: Fields) -> PostgresRequest:
    return PostgresRequest(
        port=fields.port("port"),
        shared_buffers_mb=fields.whole("sharedBuffersMb", default=128, least=16),
        max_connections=fields.whole("maxConnections", default=100, least=10),
        memory_mb=fields.whole("memoryMb", default=512, least=64),
        acknowledged_readers=fields.listed("acknowledgedReaders"),
        credentials=_generation(fields),
        revoke_previous=fields.flag("revokePrevious", default=False),
    )


def _ledger(fields: Fields) -> LedgerRequest:
    return LedgerRequest(
        port=fields.port("port"),
        shared_buffers_mb=16,
        max_connections=20,
        memory_mb=64,
        credentials=_generation(fields),
    )


def _engine(fields: Fields) -> EngineRequest:
    external = fields.url("external", default=None)
    return EngineRequest(
        port=fields.port("port", default=0 if external else None),
        memory_mb=fields.whole("memoryMb", default=256, least=0 if external else 64),
        stringify_numeric=fields.flag("stringifyNumeric", default=False),
        response_limit=fields.whole("responseLimit", default=1000, least=1),
        external=external,
        credentials=_generation(fields),
        revoke_previous=fields.flag("revokePrevious", default=False),
    )


def _indexer(fields: Fields) -> IndexerRequest:
    return IndexerRequest(
        project=fields.absolute_path("project"),
        config=fields.file_name("config", default="config.yaml"),
        digest=fields.text("digest"),
        chains=fields.whole_numbers("chains"),
        heap_mb=fields.whole("heapMb", least=128),
        profile=fields.one_of("profile", ("backfill", "steady"), default="backfill"),
        port=fields.port("port"),
        env=fields.texts("env"),
        seed_deadline_s=fields.whole("seedDeadlineS", default=120, least=5),
        credentials=_generation(fields),
    )


def _chains(fields: Fields) -> ChainsRequest:
    traffic = fields.object("traffic")
    request = ChainsRequest(
        project=fields.absolute_path("project"),
        chains=tuple(
            ChainRequest(
                id=chain.whole("id", least=1),
                port=chain.port("port"),
                block_time_s=chain.number_or_none("blockTime"),
            )
            for chain in fields.objects("chains")
        ),
        seed=traffic.whole("seed", default=7),
        events=traffic.whole("events", default=212_000, least=1),
        live=traffic.flag("live", default=True),
        ready_deadline_s=fields.whole("readyDeadlineS", default=600, least=5),
    )
    traffic.refuse_unknown()
    return request


def _caddy(fields: Fields) -> CaddyRequest:
    return CaddyRequest(
        port=fields.port("port"),
        config=fields.mapping("config", required=True),
        ready=fields.text("ready", default="/healthz"),
    )


def _beacon(fields: Fields) -> BeaconRequest:
    return BeaconRequest(
        chains=tuple(
            WatchedRequest(
                id=chain.whole("id", least=1),
                rpc=chain.url("rpc", default=None),
                secret=chain.flag("secret", default=False),
            )
            for chain in fields.objects("chains", optional=True)
        )
    )


def _herald(fields: Fields) -> HeraldRequest:
    return HeraldRequest(
        signed=fields.flag("signed", default=False), own_ledger=fields.flag("ownLedger", default=False)
    )


PARSERS: dict[str, Callable[[Fields], PartRequest]] = {
    "postgres": _postgres,
    "ledger": _ledger,
    "engine": _engine,
    "indexer": _indexer,
    "chains": _chains,
    "caddy": _caddy,
    "beacon": _beacon,
    "herald": _herald,
}
