"""Renders a report as one self-contained page: no scripts, no requests, light and dark."""

import html
from collections.abc import Iterator

from gate.report.document import ClaimDocument, Document, PointDocument, RowDocument, ValueDocument
from gate.report.style import STYLE
from gate.report.words import headline, lists, outcome_of, particulars, paste, standing

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
COVERED = {"compared": "good", "proved": "good", "unlike": "bad", "neither": "open"}
MARKS = {"passed": "good", "failed": "bad", "could not tell": "open", "not told, accepted": "accepted"}


def render(report: Document) -> str:
    """The page; everything from a belt or a provider is escaped."""
    body = [
        f"<header class={MARKS[report['outcome']]}><h1>{_safe(headline(report))}</h1>",
        f"<p>{_safe(particulars(report))}</p></header><main>",
        *_standing(report),
        *_claims(report),
        *_coverage(report),
        *_lists(report),
        "</main>",
    ]
    return "\n".join([_head(headline(report)), "<body>", *body, "</body></html>", ""])


def _head(title: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<link rel="icon" href="data:,">'
        f"<title>{_safe(title)}</title><style>{STYLE}</style></head>"
    )


def _standing(report: Document) -> Iterator[str]:
    """Everything that blocks, once each, with all of its rows."""
    found = standing(report, full=True)
    if not found:
        return
    yield "<section><h2>What stands in the way</h2>"
    for each in found:
        point = each.point
        yield f"<article class={MARKS[point['outcome']]}>"
        yield f"<h3><code>{_safe(each.title)}</code> {_badge(point['outcome'])}</h3><dl>"
        for label, text in (("expected", "expected"), ("seen", "observed"), ("now", "advice")):
            yield f"<dt>{label}</dt><dd>{_safe(point[text])}</dd>"  # type: ignore[literal-required]
        yield "</dl>"
        yield from _evidence(point)
        if lines := paste(point):
            yield f"<p>Or, in the policy:</p><pre>{_safe(chr(10).join(lines))}</pre>"
        yield "</article>"
    yield "</section>"


def _claims(report: Document) -> Iterator[str]:
    """Every claim, with its parts and their collapsed evidence."""
    yield "<section><h2>The claims</h2>"
    for claim in report["claims"]:
        outcome = outcome_of(claim)
        yield f"<details class={MARKS[outcome]}><summary><b>{_safe(claim['claim'])}</b> {_badge(outcome)} "
        yield f"<span>{_safe(claim['observed'])}</span></summary><p>{_safe(claim['statement'])}</p>"
        yield from _parts(claim)
        yield "</details>"
    yield "</section>"


def _parts(claim: ClaimDocument) -> Iterator[str]:
    for point in claim["points"]:
        yield f"<h4><code>{_safe(point['part'])}</code> {_badge(point['outcome'])}</h4>"
        yield f"<p>{_safe(point['observed'])}</p>"
        yield from _evidence(point)


def _coverage(report: Document) -> Iterator[str]:
    """The whole coverage table: what was compared, proved, and neither."""
    if not report["coverage"]:
        return
    heads = "".join(f"<th>{each}</th>" for each in ("entity", "chain", "columns", "", "why"))
    yield '<section><h2>Coverage</h2><div class="wide" tabindex="0"><table>'
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for one in report["coverage"]:
        mark = "accepted" if one["accepted"] else COVERED[one["covered"]]
        accepted = f"accepted: {one['accepted']}" if one["accepted"] else ""
        why = "; ".join(filter(None, (one["why"], *one["told"], accepted)))
        texts = (one["entity"], ", ".join(one["chains"]), ", ".join(one["columns"]))
        cells = "".join(f"<td>{_safe(text)}</td>" for text in texts)
        badge = f'<td><span class="badge {mark}">{_safe(one["covered"])}</span></td>'
        yield f"<tr>{cells}{badge}<td>{_safe(why)}</td></tr>"
    yield "</tbody></table></div></section>"


def _lists(report: Document) -> Iterator[str]:
    for heading, lines in lists(report, full=True):
        items = "".join(f"<li>{_safe(line)}</li>" for line in lines)
        yield f"<section><h2>{_safe(heading)}</h2><ul>{items}</ul></section>"


def _evidence(point: PointDocument) -> Iterator[str]:
    """Lines of evidence, then the rows side by side."""
    if point["evidence"]:
        yield f"<ul>{''.join(f'<li>{_safe(line)}</li>' for line in point['evidence'])}</ul>"
    if point["rows"]:
        heads = "".join(
            f"<th>{each}</th>" for each in ("row", "where", "column", "serving belt", "candidate")
        )
        yield f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>'
        for row in point["rows"]:
            yield from _row(row)
        yield "</tbody></table></div>"


def _row(row: RowDocument) -> Iterator[str]:
    """A row, with a line for each column that differs; a row that a belt lacks is one line."""
    chain, block = row["chain"], row["block"]  # an entity may have neither
    told = [f"chain {chain}"] if chain is not None else []
    where = ", ".join([*told, f"block {block:,}"] if block is not None else told)
    covered = ", may differ" if row["covered"] else ""
    first = (
        f"{_safe(row['entity'])} <code>{_safe(row['key'])}</code><br><i>{_safe(row['kind'] + covered)}</i>"
    )
    lines = list(map(_value, row["values"])) or [_whole(row)]
    for number, line in enumerate(lines):
        span = f" rowspan={len(lines)}" if len(lines) > 1 else ""
        head = f"<td{span}>{first}</td><td{span}>{_safe(where)}</td>" if number == 0 else ""
        yield f"<tr>{head}{line}</tr>"


def _value(value: ValueDocument) -> str:
    ours, theirs = _marked(value["serving"], value["candidate"])
    return f"<td>{_safe(value['column'])}</td><td><code>{ours}</code></td><td><code>{theirs}</code></td>"


def _whole(row: RowDocument) -> str:
    """Which of the two belts has the row."""
    have = {"missing": ("has it", "lacks it"), "extra": ("lacks it", "has it")}
    ours, theirs = have.get(row["kind"], ("differs", "differs"))
    return f"<td></td><td>{ours}</td><td>{theirs}</td>"


def _marked(one: str, other: str) -> tuple[str, str]:
    """Both values, with the part between their common beginning and end marked."""
    most = min(len(one), len(other))
    start = next((at for at in range(most) if one[at] != other[at]), most)
    end = next((at for at in range(most - start) if one[-1 - at] != other[-1 - at]), most - start)
    return _mark(one, start, len(one) - end), _mark(other, start, len(other) - end)


def _mark(text: str, start: int, end: int) -> str:
    marked = f"<mark>{_safe(text[start:end])}</mark>" if end > start else ""
    return f"{_safe(text[:start])}{marked}{_safe(text[end:])}"


def _badge(outcome: str) -> str:
    return f'<span class="badge {MARKS[outcome]}">{_safe(outcome)}</span>'


def _safe(text: str) -> str:
    return html.escape(text)
