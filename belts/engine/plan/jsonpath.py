"""The `path` argument of JSON columns: `$.a.b[0]["c"]` as steps."""

import re

from belts.engine.errors import invalid

_STEP = re.compile(
    r"""\.?(?P<name>[A-Za-z0-9_\-]+)|\[(?P<index>\d+)\]|\[(?P<quote>["'])(?P<key>(?:(?!(?P=quote)).)*)(?P=quote)\]""",
    re.VERBOSE,
)


def path_steps(text: str, path: str) -> list[str]:
    """The keys and indices of a path; `$` at its start is optional."""
    rest = text.removeprefix("$")
    steps: list[str] = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            raise invalid(f"parse json path error: invalid path at {rest[:20]!r}", path)
        steps.append(next(part for part in match.group("name", "index", "key") if part is not None))
        rest = rest[match.end() :]
    return steps
