"""Renders a report for a pull request."""

import html
import re
from collections.abc import Iterator

from gate.report.document import Document
from gate.report.words import (
    Open,
    evidence,
    headline,
    lists,
    outcome_of,
    particulars,
    passed,
    paste,
    standing,
)

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~])")


def render(report: Document) -> str:
    """GitHub's Markdown; everything from a server is escaped."""
    lines = [f"## Gate: {_safe(headline(report))}", ""]
    for each in standing(report, full=False):
        lines += _open(each)
    lines += ["| claim | outcome | seen |", "| --- | --- | --- |"]
    for claim in report["claims"]:
        outcome = outcome_of(claim)
        marked = outcome if claim in passed(report) else f"**{outcome}**"
        lines.append(f"| {claim['claim']} | {marked} | {_safe(claim['observed'])} |")
    for heading, entries in lists(report, full=False):
        lines += ["", f"### {heading}", "", *(f"- {_safe(entry)}" for entry in entries)]
    lines += ["", _safe(particulars(report)), "", "<details><summary>Evidence</summary>", "", "<pre>"]
    for claim in report["claims"]:
        for point in claim["points"]:
            told = [f"{point['part']}: {point['outcome']}; {point['observed']}", *evidence(point, full=True)]
            lines += [html.escape(line, quote=False) for line in told]
    return "\n".join([*lines, "</pre>", "", "</details>", ""])


def _open(each: Open) -> Iterator[str]:
    """One point that blocks."""
    point = each.point
    yield f"**{_safe(each.title)}** {point['outcome']}"
    yield f"- expected: {_safe(point['expected'])}"
    yield f"- seen: {_safe(point['observed'])}"
    yield f"- now: {_safe(point['advice'])}"
    yield from (f"- {_safe(line)}" for line in evidence(point, full=False))
    if lines := paste(point):
        # Indented code ends at the first unindented line; a fence could be closed by a server's text.
        yield from ("- or, in the policy:", "", *(f"      {line}" for line in lines))
    if each.more:
        yield f"- and {each.more} more of {_safe(each.title)}"
    yield ""


def _safe(text: str) -> str:
    """The text on one line, with everything escaped that Markdown or HTML would interpret."""
    return SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
