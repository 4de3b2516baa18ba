"""Renders a spec into requests to `python -m belts.host`, which runs parts as processes of one machine."""

from typing import Any

from belts.chains import LocalChains
from belts.gateway import GatewaySpec, Watched
from belts.runtimes import caddy
from belts.spec import BeltSpec, ExternalHasura

VERSION = 1

Request = dict[str, Any]


def belt(spec: BeltSpec) -> dict[str, Request]:
    """The requests of a belt by part, in the order in which its parts come up."""
    return {"postgres": _postgres(spec), "engine": _engine(spec), "indexer": _indexer(spec)}


def gateway(spec: GatewaySpec) -> Request:
    """The request for the gateway's Caddy."""
    home = spec.root / spec.name
    config = caddy.render(spec, log=home / "logs" / "access.log", storage=home / "caddy" / "storage")
    return _common(spec, "caddy") | {"port": spec.port, "config": config, "ready": "/healthz"}


def ledger(spec: GatewaySpec) -> Request:
    """The request for the Postgres that remembers where the alias went."""
    return _common(spec, "ledger") | {"port": spec.ledger_port} | _credentials(spec)


def beacon(spec: GatewaySpec) -> Request:
    """The request for the process that says which belt serves; URLs that are secrets travel apart."""
    chains = spec.beacon.chains if spec.beacon else ()
    return _common(spec, "beacon") | {"chains": [_watched(chain) for chain in chains]}


def herald(spec: GatewaySpec) -> Request:
    """The request for the process that announces moves; to whom is a secret, and travels apart."""
    signed = spec.webhook is not None and spec.webhook.signed
    return _common(spec, "herald") | {"signed": signed, "ownLedger": spec.ledger_port is None}


def chains(spec: LocalChains) -> Request:
    """The request for local chains."""
    return {
        "version": VERSION,
        "part": "chains",
        "root": str(spec.root),
        "belt": spec.name,
        "project": str(spec.project),
        "chains": [
            {"id": chain.id, "port": chain.port, "blockTime": chain.block_time.total_seconds()}
            for chain in spec.chains
        ],
        "traffic": {"seed": spec.traffic.seed, "events": spec.traffic.events},
        "readyDeadlineS": int(spec.ready_deadline.total_seconds()),
    }


def _postgres(spec: BeltSpec) -> Request:
    return _common(spec, "postgres") | {
        "port": spec.postgres.port,
        "sharedBuffersMb": spec.postgres.shared_buffers_mb,
        "maxConnections": spec.postgres.max_connections,
        "memoryMb": spec.postgres.memory_mb,
        # The last part to go says who may be cut off; nothing is said, as long as nobody is named.
        **({"acknowledgedReaders": list(spec.acknowledged_readers)} if spec.acknowledged_readers else {}),
        **_credentials(spec),
        **_revoked(spec),
    }


def _engine(spec: BeltSpec) -> Request:
    common = _common(spec, "engine")
    if isinstance(spec.hasura, ExternalHasura):
        return common | {"external": f"{spec.hasura.url}/v1/graphql"} | _credentials(spec) | _revoked(spec)
    return common | {
        "port": spec.hasura.port,
        "memoryMb": spec.hasura.memory_mb,
        "responseLimit": spec.hasura.response_limit,
        "stringifyNumeric": spec.hasura.stringify_numeric,
        **_credentials(spec),
    }


def _indexer(spec: BeltSpec) -> Request:
    indexer = spec.indexer
    return _common(spec, "indexer") | {
        "project": str(indexer.project.directory),
        "config": indexer.project.config,
        "digest": indexer.project.digest,
        "chains": list(indexer.project.chains),
        "heapMb": indexer.heap_mb,
        "profile": indexer.profile.value,
        "port": indexer.port,
        "env": dict(sorted(indexer.environment.items())),
        "seedDeadlineS": int(indexer.seed_deadline.total_seconds()),
        **_credentials(spec),
    }


def _credentials(spec: BeltSpec | GatewaySpec) -> Request:
    """Nothing is said of the first generation: a belt that never heard of another stays as it is."""
    return {"credentials": spec.credentials} if spec.credentials > 1 else {}


def _revoked(spec: BeltSpec) -> Request:
    return {"revokePrevious": True} if spec.revoke_previous else {}


def _watched(chain: Watched) -> Request:
    return {"id": chain.id} | ({"rpc": chain.rpc} if chain.rpc else {}) | {"secret": chain.secret}


def _common(spec: BeltSpec | GatewaySpec, part: str) -> Request:
    return {"version": VERSION, "part": part, "root": str(spec.root), "belt": spec.name}
