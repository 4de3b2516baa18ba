"""The sentences that the renderings for people share."""

from collections.abc import Iterator

from gate.report.document import ClaimDocument, Document, PointDocument

HEADLINES = {
    "passed": "PASSED: the candidate may serve",
    "failed": "REFUSED: the candidate may not serve",
    "could not tell": "COULD NOT TELL: the candidate is not proved",
}


def headline(report: Document) -> str:
    """What it comes to."""
    if report["partial"] and report["outcome"] != "failed":
        return f"PARTIAL: only {', '.join(report['partial'])} looked at, so nothing is proved as a whole"
    return HEADLINES[report["outcome"]]


def particulars(report: Document) -> str:
    """Who was measured against whom, by what."""
    policy = report["policy"]
    return (
        f"candidate {report['candidate']}, serving {report['serving'] or 'nothing yet'}, "
        f"mode {policy['mode']}, policy {policy['digest'][:12]}, seed {report['seed']}, "
        f"{report['began']}, {report['seconds']} s"
    )


def outcome_of(claim: ClaimDocument) -> str:
    """A claim's outcome as the table shows it."""
    return "not told, accepted" if claim["accepted"] else claim["outcome"]


def lists(report: Document) -> Iterator[tuple[str, list[str]]]:
    """The lists below the table that are not empty, each with its heading."""
    policy = report["policy"]
    unproved = [
        f"{entry['part']}: {entry['why']}"
        + (f" (not proved: {entry['without']})" if entry["without"] else "")
        + (f" [accepted: {entry['accepted']}]" if entry["accepted"] else "")
        for entry in report["unproved"]
    ]
    named = (
        ("Could not be proved", unproved),
        ("Waived", policy["waived"]),
        ("Looser than the defaults", policy["loosened"]),
    )
    yield from ((heading, lines) for heading, lines in named if lines)


def evidence(point: PointDocument) -> Iterator[str]:
    """One point: what was seen, and what bears it out."""
    yield f"{point['part']}: {point['outcome']}; {point['observed']}"
    if point["outcome"] != "passed":
        yield f"  expected: {point['expected']}"
        yield f"  accepted: {point['accepted']}" if point["accepted"] else f"  now: {point['advice']}"
    yield from (f"  {line}" for line in point["evidence"])
