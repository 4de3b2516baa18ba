"""The table of the rules, for docs/changes.md."""

import re
from collections.abc import Mapping

from belts.envio.change.rules import MEANS, RULES, Class
from belts.envio.release import Resumes

COLUMNS: Mapping[Resumes, str] = {
    Resumes.SILENTLY: "2.32, alphas of 3.0",
    Resumes.COMPARING: "3.x",
}
TABLE = re.compile(r"(<!-- (rules|classes) -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str) -> str:
    """The page with its tables regenerated from the rules."""
    return TABLE.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}{match[3]}", text)


def rules() -> str:
    """The table of rules: a row for each rule, a column for each kind of release."""
    rows = [["rule", "what changes", *COLUMNS.values(), "why"], ["---"] * (3 + len(COLUMNS))]
    rows += [
        [each.name, each.what, *(each.on(resumes).words for resumes in COLUMNS), each.why] for each in RULES
    ]
    return _table(rows)


def classes() -> str:
    """The table of classes."""
    rows = [["class", "what it comes to"], ["---", "---"]]
    return _table([*rows, *([f"*{kind.words}*", MEANS[kind]] for kind in Class if kind in MEANS)])


def _table(rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


TABLES = {"rules": rules, "classes": classes}
