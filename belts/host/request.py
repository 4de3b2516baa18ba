"""The request that comes on stdin, parsed once.

Typed, frozen, and every mistake told at once with its path.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from belts.host.errors import BadRequest
from belts.host.fields import Fields
from belts.host.layout import Layout

VERSION = 1
MEMORY_MB_OF_A_CHAIN = 128
MEMORY_MB_OF_CADDY = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgresRequest:
    port: int
    shared_buffers_mb: int
    max_connections: int
    memory_mb: int

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineRequest:
    """A GraphQL engine run here, or, with `external`, one that runs elsewhere and is only asked whether it
    answers.
    """

    port: int
    memory_mb: int
    stringify_numeric: bool
    response_limit: int
    external: str | None

    @property
    def ports(self) -> tuple[int, ...]:
        return () if self.external else (self.port,)


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexerRequest:
    project: Path
    config: str
    digest: str
    chains: tuple[int, ...]
    heap_mb: int
    profile: str
    port: int
    env: dict[str, str]
    seed_deadline_s: int

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    @property
    def memory_mb(self) -> int:
        return self.heap_mb


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainRequest:
    id: int
    port: int
    block_time_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainsRequest:
    project: Path
    chains: tuple[ChainRequest, ...]
    traffic: dict[str, Any]
    ready_deadline_s: int

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(chain.port for chain in self.chains)

    @property
    def memory_mb(self) -> int:
        return MEMORY_MB_OF_A_CHAIN * len(self.chains)


@dataclass(frozen=True, kw_only=True, slots=True)
class CaddyRequest:
    port: int
    config: dict[str, Any]
    ready: str

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    @property
    def memory_mb(self) -> int:
        return MEMORY_MB_OF_CADDY


PartRequest = PostgresRequest | EngineRequest | IndexerRequest | ChainsRequest | CaddyRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    root: Path
    belt: str
    part: str
    body: PartRequest
    raw: dict[str, Any] = field(repr=False)

    @property
    def layout(self) -> Layout:
        return Layout(root=self.root, belt=self.belt)


def parse(text: str) -> Request:
    return _object(_json(text))


def parse_all(text: str) -> tuple[Request, ...]:
    """One request, or a list of those that belong together."""
    raw = _json(text)
    return tuple(_object(each) for each in raw) if isinstance(raw, list) and raw else (_object(raw),)


def from_json(raw: dict[str, Any]) -> Request:
    fields = Fields(raw)
    fields.one_of("version", (VERSION,))
    part = fields.one_of("part", tuple(PARSERS))
    root = fields.absolute_path("root")
    belt = fields.name("belt")
    body = PARSERS[part](fields) if part in PARSERS else None
    if part in PARSERS:
        fields.refuse_unknown()
    fields.raise_mistakes()
    assert body is not None  # noqa: S101 -- an unknown part is a mistake, raised above
    return Request(root=root, belt=belt, part=part, body=body, raw=raw)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as mistake:
        raise BadRequest([f"stdin: expected JSON, got text that does not parse ({mistake})"]) from mistake


def _object(raw: Any) -> Request:
    if not isinstance(raw, dict):
        raise BadRequest([f"stdin: expected one JSON object, got {type(raw).__name__}"])
    return from_json(raw)


def _postgres(fields: Fields) -> PostgresRequest:
    return PostgresRequest(
        port=fields.port("port"),
        shared_buffers_mb=fields.whole("sharedBuffersMb", default=128, least=16),
        max_connections=fields.whole("maxConnections", default=100, least=10),
        memory_mb=fields.whole("memoryMb", default=512, least=64),
    )


def _engine(fields: Fields) -> EngineRequest:
    external = fields.url("external", default=None)
    return EngineRequest(
        port=fields.port("port", default=0 if external else None),
        memory_mb=fields.whole("memoryMb", default=256, least=0 if external else 64),
        stringify_numeric=fields.flag("stringifyNumeric", default=False),
        response_limit=fields.whole("responseLimit", default=1000, least=1),
        external=external,
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
    )


def _chains(fields: Fields) -> ChainsRequest:
    return ChainsRequest(
        project=fields.absolute_path("project"),
        chains=tuple(
            ChainRequest(
                id=chain.whole("id", least=1),
                port=chain.port("port"),
                block_time_s=chain.number("blockTime", default=2.0),
            )
            for chain in fields.objects("chains")
        ),
        traffic=fields.mapping("traffic"),
        ready_deadline_s=fields.whole("readyDeadlineS", default=600, least=5),
    )


def _caddy(fields: Fields) -> CaddyRequest:
    return CaddyRequest(
        port=fields.port("port"),
        config=fields.mapping("config", required=True),
        ready=fields.text("ready", default="/healthz"),
    )


PARSERS: dict[str, Callable[[Fields], PartRequest]] = {
    "postgres": _postgres,
    "engine": _engine,
    "indexer": _indexer,
    "chains": _chains,
    "caddy": _caddy,
}
