"""Sentences and lists shared by the renderings for people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gate.amounts import amount
from gate.policy import snippet
from gate.report.document import CellsDocument, ClaimDocument, Document, PointDocument, RowDocument

HEADLINES = {
    "passed": "PASSED: the candidate may serve",
    "failed": "REFUSED: the candidate may not serve",
    "could not tell": "COULD NOT TELL: the candidate is not proved",
}
ALIKE = 3
"""Points of one part with one outcome that are shown unless everything is."""
ROWS = 5
"""Rows and lines of evidence of one point that are shown unless everything is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """A point that blocks, the parts that it applies to, and how many more there are."""

    point: PointDocument
    parts: tuple[str, ...]
    more: int = 0

    @property
    def title(self) -> str:
        """The parts by name."""
        return ", ".join(self.parts)


def headline(report: Document) -> str:
    """The overall result."""
    if report["partial"] and report["outcome"] != "failed":
        return f"PARTIAL: only {', '.join(report['partial'])} looked at, so nothing is proved as a whole"
    return HEADLINES[report["outcome"]]


def particulars(report: Document) -> str:
    """Who was compared with whom, and by what."""
    policy = report["policy"]
    return (
        f"candidate {report['candidate']}, serving {report['serving'] or 'nothing yet'}, "
        f"mode {policy['mode']}, policy {policy['digest'][:12]}, seed {report['seed']}, "
        f"{report['began']}, {report['seconds']} s"
    )


def outcome_of(claim: ClaimDocument) -> str:
    """A claim's outcome in a table."""
    return "not told, accepted" if claim["accepted"] else claim["outcome"]


def standing(report: Document, *, full: bool) -> list[Open]:
    """What blocks: first what failed, then what is undecided, once each."""
    points = [point for claim in report["claims"] for point in claim["points"] if not point["accepted"]]
    found: list[Open] = []
    for outcome in ("failed", "could not tell"):
        kinds: dict[tuple[str, ...], list[PointDocument]] = {}
        for parts, point in _once([point for point in points if point["outcome"] == outcome]):
            kinds.setdefault(parts, []).append(point)
        for parts, alike in kinds.items():
            shown = alike if full else alike[:ALIKE]
            found += [Open(point=point, parts=parts) for point in shown[:-1]]
            found.append(Open(point=shown[-1], parts=parts, more=len(alike) - len(shown)))
    return found


def _once(points: Sequence[PointDocument]) -> Iterator[tuple[tuple[str, ...], PointDocument]]:
    """Merges points with the same text, listing their parts; points of one part stay separate."""
    alike: dict[tuple[str, str], list[PointDocument]] = {}
    for point in points:
        alike.setdefault((point["observed"], point["advice"]), []).append(point)
    for same in alike.values():
        parts = tuple(dict.fromkeys(point["part"] for point in same))
        if len(parts) == len(same):
            yield parts, same[0]
        else:
            yield from (((point["part"],), point) for point in same)


def passed(report: Document) -> list[ClaimDocument]:
    """The claims that hold as a whole."""
    return [claim for claim in report["claims"] if claim["outcome"] == "passed"]


def lists(report: Document, *, full: bool) -> Iterator[tuple[str, Sequence[str]]]:
    """The lists below what blocks, each with its heading; empty ones are left out."""
    policy = report["policy"]
    named = (
        ("Accepted, and not proved", [_accepted(point) for point in _points(report) if point["accepted"]]),
        ("Coverage", _coverage(report, full=full)),
        ("Waived", policy["waived"]),
        ("Looser than the defaults", policy["loosened"]),
        ("Policy", [policy["since"], *(policy["differences"] if full else policy["changes"])]),
        ("Notes", report["notes"]),
    )
    for heading, lines in named:
        told = list(dict.fromkeys(line for line in lines if line))
        if told:
            yield heading, told


def evidence(point: PointDocument, *, full: bool) -> list[str]:
    """The evidence of a point in lines: what was looked at, then the rows."""
    lines = [*point["evidence"], *map(row, point["rows"])]
    if full or len(lines) <= ROWS:
        return lines
    return [*lines[:ROWS], f"and {amount(len(lines) - ROWS, 'more line')} (see the whole report)"]


def row(found: RowDocument) -> str:
    """One row, and its differences."""
    where = [f"chain {found['chain']}"] if found["chain"] else []
    where += [f"block {found['block']}"] if found["block"] is not None else []
    values = ", ".join(
        f"{value['column']} is {value['serving']} on the serving belt, {value['candidate']} on the candidate"
        for value in found["values"]
    )
    place = f" ({', '.join(where)})" if where else ""
    covered = ", which may differ" if found["covered"] else ""
    return (
        f"{found['entity']} {found['kind']} {found['key']}{place}{covered}{f': {values}' if values else ''}"
    )


def paste(point: PointDocument) -> list[str]:
    """The lines to paste into the policy, if that is a solution."""
    return snippet.lines(point["paste"]) if point["paste"] else []


def _points(report: Document) -> Iterator[PointDocument]:
    yield from (point for claim in report["claims"] for point in claim["points"])


def _coverage(report: Document, *, full: bool) -> list[str]:
    """The sums of the table, and the whole table if `full`; open cells are listed above."""
    found = report["coverage"]
    if not found:
        return []
    return [_sums(found), *(map(cells, found) if full else ())]


def _sums(found: Sequence[CellsDocument]) -> str:
    """The number of cells of each kind."""
    numbers: dict[str, int] = {}
    for one in found:
        kind = f"{one['covered']}, accepted" if one["accepted"] else one["covered"]
        numbers[kind] = numbers.get(kind, 0) + len(one["chains"]) * len(one["columns"])
    told = "; ".join(f"{number:,} {kind}" for kind, number in sorted(numbers.items()))
    return f"of {amount(sum(numbers.values()), 'cell')} of entity, chain and column: {told}"


def cells(one: CellsDocument) -> str:
    """One group of equal cells."""
    said = [one["covered"], one["why"], *one["told"]]
    accepted = f" [{one['accepted']}]" if one["accepted"] else ""
    where = f"{one['entity']}, {_chains(one)}: {', '.join(one['columns'])}"
    return f"{where}: {'; '.join(filter(None, said))}{accepted}"


def _chains(one: CellsDocument) -> str:
    named = [chain for chain in one["chains"] if chain.isdigit()]
    return f"chain {', '.join(one['chains'])}" if named else ", ".join(one["chains"])


def _accepted(point: PointDocument) -> str:
    return f"{point['part']}: {point['observed']} [{point['accepted']}]"
