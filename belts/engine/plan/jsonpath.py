"""The `path` argument of JSON columns: `$.a.b[0]["c"]` as steps."""

import re

from belts.engine.errors import invalid

_STEP = re.compile(
    r"""\.?(?P<name>[A-Za-z0-9_\-]+)|\[(?P<index>\d+)\]|\[(?P<quote>["'])(?P<key>(?:(?!(?P=quote)).)*)(?P=quote)\]""",
    re.VERBOSE,
)
_LONGEST = 4_096
"""A path descends through a document's levels: no document in a database has a thousand of them."""


def path_steps(text: str, path: str) -> list[str]:
    """The keys and indices of a path; `$` at its start is optional."""
    if len(text) > _LONGEST:
        raise invalid(
            f"parse json path error: expected at most {_LONGEST} characters, seen {len(text)}", path
        )
    at = 1 if text.startswith("$") else 0
    steps: list[str] = []
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise invalid(f"parse json path error: invalid path at {text[at : at + 20]!r}", path)
        steps.append(next(part for part in match.group("name", "index", "key") if part is not None))
        at = match.end()
    return steps
