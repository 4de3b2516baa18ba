"""The metadata that a belt's engine was given: kept beside the database, put back where it was lost.

An indexer tells its engine once, when it seeds; a start after that tells nothing. So whoever clears the
metadata of a Hasura, or loses its catalogue, takes the belt's API away for good, while rows are written on.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from belts.files import read_json, write_private_json
from belts.runtimes.process.errors import Refused, readable
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import graphql
from belts.runtimes.process.progress import note

FILE = "tracked.json"
SOURCE = "default"
"""The source that every release of Envio tracks its tables in."""
KEYS: Mapping[str, str] = {
    "sources": "name",
    "tables": "table",
    "object_relationships": "name",
    "array_relationships": "name",
    "select_permissions": "role",
}
"""The lists of a metadata document, and by which key an entry of each is told from the others."""

Json = Any


def keep(layout: Layout, url: str, secret: str) -> None:
    """What the engine serves the belt by now, beside what was kept before: nothing of it is forgotten.

    An engine that does not say it leaves that alone.
    """
    seen = graphql.export(url, secret)
    if isinstance(seen, str):
        note(f"{layout.belt}: what its engine serves could not be kept, so it could not be put back: {seen}")
        return
    own = [each for each in seen.get("sources", ()) if each.get("name") == SOURCE]
    found = {"version": seen.get("version", 3), "sources": own}
    write_private_json(_file(layout), merged(found, _kept(layout)))


def forget(layout: Layout) -> None:
    """Another seed is begun: what was served before is none of it."""
    _file(layout).unlink(missing_ok=True)


def put_back(layout: Layout, url: str, secret: str) -> None:
    """Adds what the engine has lost, be it one relationship, and changes nothing else that it serves."""
    kept, seen = _kept(layout), graphql.export(url, secret)
    if kept is None or isinstance(seen, str):
        return  # whoever waits for the engine tells what is missing
    whole = merged(seen, kept)
    if whole == seen:
        return
    if refused := graphql.replace(url, secret, whole):
        raise Refused(
            f"{layout.belt}: its engine has lost what it serves, and does not take it back",
            expected=f"all of {_file(layout)} in its metadata",
            seen=refused,
            now="take out of its metadata what is in the way, which its console calls inconsistent, then run"
            " the same again",
        )
    note(f"{layout.belt}: its engine had lost what it serves, and has it again")


def _kept(layout: Layout) -> dict[str, Any] | None:
    with readable(
        f"{layout.belt}: what its engine has to serve cannot be read",
        expected=f"a metadata document in {_file(layout)}",
        now="remove that file: then a fresh belt is what brings its API back",
    ):
        return read_json(_file(layout))


def merged(seen: Json, kept: Json) -> Json:
    """All that is seen, and what only was kept; where both say something, what is seen stands."""
    if not isinstance(seen, Mapping) or not isinstance(kept, Mapping):
        return seen
    found = {**kept, **seen}
    for name, key in KEYS.items():
        if name in kept and name in seen:
            found[name] = _joined(seen[name], kept[name], key)
    return found


def _joined(seen: Sequence[Json], kept: Sequence[Json], key: str) -> list[Json]:
    known = {_told(each.get(key)): each for each in kept}
    whole = [merged(each, known.pop(_told(each.get(key)), None)) for each in seen]
    return [*whole, *known.values()]


def _told(value: Json) -> str:
    """A table is called by its name, where it is of the schema `public`, or by both."""
    if isinstance(value, Mapping):
        return f"{value.get('schema', 'public')}.{value.get('name')}"
    return f"public.{value}"


def _file(layout: Layout) -> Path:
    return layout.of_part("postgres") / FILE
