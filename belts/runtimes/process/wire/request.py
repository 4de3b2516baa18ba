"""The request to a host, one a part: written from a spec, read back once, every mistake reported at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeAlias

from belts.reading.codec import decode, encode
from belts.reading.fields import Fields
from belts.reading.kinds import PathTo, Text, Version
from belts.reading.mistakes import Mistake
from belts.runtimes.process.errors import BadRequest
from belts.runtimes.process.files import host_identity
from belts.runtimes.process.files.layout import Layout
from belts.spec.chains import Chains
from belts.spec.engine import Engine
from belts.spec.gateway import Caddy, StatusEndpoint, WebhookSender
from belts.spec.indexer import Indexer
from belts.spec.postgres import Ledger, Postgres
from belts.spec.prover import Prover

VERSION = 6
NAME = r"[a-z][a-z0-9-]{0,30}"
"""How belts and gateways are called."""

Part: TypeAlias = (
    Postgres | Ledger | Engine | Indexer | Prover | Chains | Caddy | StatusEndpoint | WebhookSender
)
PARTS: Mapping[str, Any] = {
    "postgres": Postgres,
    "ledger": Ledger,
    "engine": Engine,
    "indexer": Indexer,
    "prover": Prover,
    "chains": Chains,
    "caddy": Caddy,
    "status-endpoint": StatusEndpoint,
    "webhook-sender": WebhookSender,
}
"""Every part that a host knows, in the order in which they lean on each other."""


class Declared(Protocol):
    """What a stack declares: a belt, a gateway, or local chains."""

    @property
    def name(self) -> str: ...
    @property
    def root(self) -> Path: ...
    @property
    def parts(self) -> Mapping[str, Part]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What every request begins with."""

    version: Annotated[int, Version(newest=VERSION)] = VERSION
    part: Annotated[str, Text(what=f"one of {', '.join(PARTS)}", pattern="|".join(PARTS))]
    root: Annotated[Path, PathTo(what="an absolute path")]
    belt: Annotated[
        str,
        Text(what="a name of at most 31 lower-case letters, digits and dashes", pattern=NAME),
    ]
    host: Annotated[str, Text(what="the name of a host", pattern=f"|{host_identity.NAME}")] = ""
    """Whom it is for; nobody by name, where it was written by hand or by a release before this."""
    generation: Annotated[str, Text()] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request, as it was understood and as it came."""

    root: Path
    belt: str
    part: str
    body: Part
    raw: dict[str, Any] = field(repr=False)
    generation: str = ""
    host: str = ""

    @property
    def layout(self) -> Layout:
        return Layout(root=self.root, belt=self.belt)


def written(spec: Declared, *, host: str = "") -> dict[str, dict[str, Any]]:
    """The requests for all that a spec declares, by part, in the order in which they come up."""
    return {
        part: encode(Head(part=part, root=spec.root, belt=spec.name, host=host)) | encode(body)
        for part, body in spec.parts.items()
    }


def parse(text: str) -> Request:
    return _object(_json(text))


def parse_all(text: str) -> tuple[Request, ...]:
    """One request, or a list of those that belong together."""
    raw = _json(text)
    return tuple(_object(each) for each in raw) if isinstance(raw, list) and raw else (_object(raw),)


def from_json(raw: dict[str, Any]) -> Request:
    mistakes: list[Mistake] = []
    source = Fields(values=raw, mistakes=mistakes)
    head = decode(Head, source)
    body = decode(PARTS[head.part], source) if head.part else None
    if body is not None:
        source.done()
    if mistakes:
        raise BadRequest(mistakes)
    assert body is not None  # noqa: S101 -- an unknown part is a mistake, raised above
    return Request(
        root=head.root,
        belt=head.belt,
        part=head.part,
        body=body,
        raw=raw,
        generation=head.generation,
        host=head.host,
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as mistake:
        raise BadRequest([Mistake("stdin", "JSON", f"text that does not parse ({mistake})")]) from mistake


def _object(raw: Any) -> Request:
    if not isinstance(raw, dict):
        raise BadRequest([Mistake("stdin", "one JSON object", type(raw).__name__)])
    return from_json(raw)
