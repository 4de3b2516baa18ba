"""The request that comes on stdin, parsed once: typed, frozen, and every mistake told at once."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from belts.host.bodies import PartRequest
from belts.host.errors import BadRequest
from belts.host.fields import Fields
from belts.host.layout import Layout
from belts.host.parsers import PARSERS

VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    root: Path
    belt: str
    part: str
    body: PartRequest
    raw: dict[str, Any] = field(repr=False)
    generation: str = ""

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
    generation = fields.text("generation", default="")
    body = PARSERS[part](fields) if part in PARSERS else None
    if part in PARSERS:
        fields.refuse_unknown()
    fields.raise_mistakes()
    assert body is not None  # noqa: S101 -- an unknown part is a mistake, raised above
    return Request(root=root, belt=belt, part=part, body=body, raw=raw, generation=generation)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as mistake:
        raise BadRequest([f"stdin: expected JSON, got text that does not parse ({mistake})"]) from mistake


def _object(raw: Any) -> Request:
    if not isinstance(raw, dict):
        raise BadRequest([f"stdin: expected one JSON object, got {type(raw).__name__}"])
    return from_json(raw)
