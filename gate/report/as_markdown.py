"""A report for a pull request."""

import html
import re

from gate.report.document import Document
from gate.report.words import evidence, headline, lists, outcome_of, particulars

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~])")


def render(report: Document) -> str:
    """GitHub's Markdown; whatever a server said stays text."""
    lines = [f"## Gate: {_safe(headline(report))}", "", _safe(particulars(report)), ""]
    lines += ["| claim | outcome | expected | observed | what to do |", "| --- | --- | --- | --- | --- |"]
    for claim in report["claims"]:
        cells = (
            claim["claim"],
            f"**{outcome_of(claim)}**" if claim["outcome"] != "passed" else outcome_of(claim),
            _safe(claim["expected"]),
            _safe(claim["observed"]),
            _safe(claim["advice"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    for heading, entries in lists(report):
        lines += ["", f"### {heading}", "", *(f"- {_safe(entry)}" for entry in entries)]
    lines += ["", "<details><summary>Evidence</summary>", "", "<pre>"]
    for claim in report["claims"]:
        for point in claim["points"]:
            lines += [html.escape(line, quote=False) for line in evidence(point)]
    return "\n".join([*lines, "</pre>", "", "</details>", ""])


def _safe(text: str) -> str:
    """The text on one line, with nothing in it that Markdown or HTML would take for its own."""
    return SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
