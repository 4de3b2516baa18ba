"""What can stand in a stack's file, made from the specs: the tables of the documentation, and a JSON Schema.

`python -m stacks.reference` writes both anew, and the tables of what changes of a project mean.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from belts.envio.change import page as changes
from belts.reading.codec import Field, fields
from belts.reading.kinds import Json, Secret, Section
from belts.spec.alias import AliasKind
from belts.spec.belt import BeltSpec
from belts.spec.chains import Chains
from belts.spec.engine import Whose
from belts.spec.runtime import Runtime
from belts.spec.url_belt import UrlBelt
from stacks.settings import GatewaySettings, Kind, Stack

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, SCHEMA = DOCS / "configuration.md", DOCS / "stack.schema.json"
CHANGES = DOCS / "changes.md"
PREFIX = "belts:"
ROOTS: Mapping[str, Any] = {
    "stack": Stack,
    Kind.BELT: BeltSpec,
    Runtime.URL: UrlBelt,
    Kind.GATEWAY: GatewaySettings,
    Kind.CHAINS: Chains,
}
EITHER: Mapping[str, Any] = {
    Kind.GATEWAY: {"anyOf": [{"required": [f"{PREFIX}caddy"]}, {"required": [f"{PREFIX}alias"]}]}
}
"""A gateway has a door of its own, or an alias that lives elsewhere."""
TABLE = re.compile(r"(<!-- keys of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


def keys(part: Any) -> dict[str, Field]:
    """Every key that a stack's file may hold for a part, by its path."""
    found: dict[str, Field] = {}
    for path, each in _walk(part, PREFIX):
        found.setdefault(path, each)
    return found


def page(text: str) -> str:
    """The page with its tables as the specs have them."""
    return TABLE.sub(lambda match: f"{match[1]}{table(match[2])}{match[3]}", text)


def table(name: str) -> str:
    """A row for each key; of a belt it is said what may change while it serves."""
    serves = name in {Kind.BELT, Runtime.URL}
    head = ["key", "what it is", "values", "default", *(["while it serves"] if serves else [])]
    rows = [head, ["---"] * len(head)]
    for path, each in keys(ROOTS[name]).items():
        row = [f"`{path}`", each.kind.help, each.kind.values, _default(each)]
        rows.append([*row, *(["may change" if each.kind.live else "stays"] if serves else [])])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def schema() -> dict[str, Json]:
    """The JSON Schema of a stack's file; what other namespaces hold is none of our business."""
    common = _properties(Stack)
    kinds = [
        {
            "if": _is(name),
            "then": {
                "properties": common | _properties(part),
                "required": [path for path, each in _top(part) if _required(each)],
                **EITHER.get(name, {}),
                "patternProperties": {f"^(?!{PREFIX})": {}},
                "additionalProperties": False,
            },
        }
        for name, part in ROOTS.items()
        if part is not Stack
    ]
    config = {"type": "object", "required": [f"{PREFIX}kind"], "properties": common, "allOf": kinds}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Pulumi.STACK.yaml of Belts",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
    }


def _is(name: str) -> dict[str, Json]:
    """How a file is told to be of this kind: a belt by its place as well."""
    elsewhere: dict[str, Json] = {
        "properties": {f"{PREFIX}runtime": {"const": str(Runtime.URL)}},
        "required": [f"{PREFIX}runtime"],
    }
    by_kind = {"properties": {f"{PREFIX}kind": {"const": Kind.BELT if name == Runtime.URL else name}}}
    if name == Runtime.URL:
        return {"allOf": [by_kind, elsewhere]}
    return {**by_kind, "not": elsewhere} if name == Kind.BELT else by_kind


def _walk(part: Any, path: str) -> Iterator[tuple[str, Field]]:
    for each in fields(part):
        at = f"{PREFIX}{each.key}" if each.kind.top else f"{path}{each.key}"
        if not isinstance(each.kind, Section):
            yield from [(at, each)] if each.kind.help else []
        for inner in each.inner:
            yield from _walk(inner, f"{at}[]." if each.many else f"{at}.")


def _top(part: Any) -> Iterator[tuple[str, Field]]:
    """What stands at the top of a stack's file: the part's own keys, and those that its parts have there."""
    for each in fields(part):
        if each.kind.help or isinstance(each.kind, Section):
            yield f"{PREFIX}{each.key}", each
        yield from _lifted(each)


def _lifted(part: Field) -> Iterator[tuple[str, Field]]:
    """What of a part stands at the top of a stack's file, be it a map."""
    for inner in part.inner:
        for each in fields(inner):
            if each.kind.top:
                yield f"{PREFIX}{each.key}", each
            else:
                yield from _lifted(each)


def _properties(part: Any) -> dict[str, Json]:
    return {path: _schema(each) for path, each in _top(part)}


def _schema(each: Field) -> dict[str, Json]:
    if not each.inner:
        told = {"description": LINK.sub(r"\1", each.kind.help)}
        fixed = {"const": str(each.default)} if each.fixed else each.kind.schema()
        return fixed | told
    parts = [_object(inner) for inner in each.inner]
    whole = parts[0] if len(parts) == 1 else {"oneOf": parts}
    return {"type": "array", "items": whole, "minItems": 1} if each.many else whole


def _object(part: Any) -> dict[str, Json]:
    own = [
        each
        for each in fields(part)
        if not each.kind.top and (each.kind.help or isinstance(each.kind, Section))
    ]
    return {
        "type": "object",
        "properties": {each.key: _schema(each) for each in own},
        "required": [each.key for each in own if _required(each)],
        "additionalProperties": False,
    }


def _required(each: Field) -> bool:
    """Left out, an external engine would be taken for the embedded one, and so for an alias."""
    if each.fixed:
        return each.default not in {Whose.EMBEDDED, AliasKind.DIRECTORY}
    return not each.optional and not each.kind.otherwise and not each.kind.rule


def _default(each: Field) -> str:
    if each.kind.rule or each.kind.otherwise:
        return each.kind.rule or f"`{each.kind.otherwise}`"
    if each.default in (MISSING, None) or isinstance(each.kind, Secret):
        return "none"
    written = each.kind.write(each.default)
    if isinstance(written, str):
        return f"`{written}`"
    if isinstance(written, bool):
        return str(written).lower()
    return f"{written:,}" if isinstance(written, int) else "empty"


def main() -> None:
    """Write the pages and the schema."""
    PAGE.write_text(page(PAGE.read_text()))
    CHANGES.write_text(changes.page(CHANGES.read_text()))
    SCHEMA.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
