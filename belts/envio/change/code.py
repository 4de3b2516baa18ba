"""Differences in the code of handlers; changes of comments alone are recognized where possible."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from belts.envio.change import rules
from belts.envio.change.comments import PLAIN, without_comments
from belts.envio.change.kept import Kept
from belts.envio.change.rules import Reason


def changes(old: Kept, new: Kept) -> Iterator[Reason]:
    """Yields every difference."""
    for path in sorted(old.code.keys() | new.code.keys()):
        before, after = old.code.get(path), new.code.get(path)
        if before is None or after is None:
            yield Reason(rule=rules.CODE, what=f"{path} is {'new' if before is None else 'gone'}")
        elif before != after:
            alike = _is_same(path, before, after)
            yield Reason(rule=rules.COMMENT if alike else rules.CODE, what=path)
    for name in sorted(old.dependencies.keys() | new.dependencies.keys()):
        one, other = old.dependencies.get(name), new.dependencies.get(name)
        if one != other and name != "envio":
            yield Reason(rule=rules.CODE, what=f"{name} {one or 'nothing'} → {other or 'nothing'}")


def _is_same(path: str, before: str, after: str) -> bool:
    if PurePosixPath(path).suffix not in PLAIN:
        return False
    one = without_comments(before)
    return one is not None and one == without_comments(after)
