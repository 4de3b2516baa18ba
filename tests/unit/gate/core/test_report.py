"""One verdict, three renderings, in which nothing is missing and no secret is."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gate.checks import CHECKS
from gate.observations import Answers, Observations
from gate.observations.unobserved import Cause
from gate.policy import Policy
from gate.policy.waivers import Acceptance, SchemaWaiver, Waivers
from gate.redact import redactor_for
from gate.report import Document, Format, as_text, document, render
from gate.report.claims_page import page
from gate.run import judged
from gate.verdict import Verdict, accepting
from tests.unit.gate.core.builders import (
    LATER,
    NOW,
    SDL,
    metrics,
    policy,
    progress,
    schema,
    seen,
    unobserved,
)

DOCS = Path(__file__).parents[4] / "docs"


def report(looks: Observations, measure: Policy | None = None, **changes: Any) -> Document:
    measure = measure or policy()
    particulars: dict[str, Any] = {
        "required": frozenset(check.claim for check in CHECKS),
        "began": NOW,
        "seconds": 4.25,
        "seed": 7,
        "policy": measure,
    }
    findings = tuple(accepting(judged(check, looks, measure), measure) for check in CHECKS)
    verdict = Verdict(findings=findings, **(particulars | changes))
    return document(verdict, looks.endpoints, CHECKS, redactor_for(looks.endpoints, measure))


ECHO = unobserved("http://green.test:8080/v1/graphql says: bad secret green-admin-secret", Cause.DENIED)
SITUATIONS = {
    "passed": seen(),
    "refused": seen(candidate_chains=progress(1)),
    "open": seen(candidate_metrics=metrics(heap_limit_mb=None)),
    "echo": seen(candidate_answers=Answers(public=0.1, admin=ECHO)),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_published_schema(situation: str) -> None:
    """The JSON is what its schema says."""
    published = json.loads((DOCS / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(published)
    rendered = json.loads(render(report(SITUATIONS[situation]), Format.JSON))
    jsonschema.validate(rendered, published)


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_secret(form: Format, situation: str) -> None:
    """No rendering holds a secret or a path of a URL, even where a server echoed them."""
    shown = render(report(SITUATIONS[situation]), form)
    for secret in ("admin-secret", "green-password", "blue-password", "/v1/graphql"):
        assert secret not in shown


@pytest.mark.parametrize("form", list(Format))
def test_the_same_in_every_form(form: Format) -> None:
    """The outcome, every claim, and what to do are in each rendering."""
    shown = " ".join(render(report(seen(candidate_chains=progress(1))), form).split())
    assert "chain 10 missing" in shown.replace("\\", "")
    for check in CHECKS:
        assert check.claim.value in shown
    assert "Seed the candidate afresh" in shown or "Seed the" in shown


@pytest.mark.parametrize(
    ("situation", "code", "said"),
    [
        ("passed", 0, "PASSED: the candidate may serve"),
        ("refused", 1, "REFUSED: the candidate may not serve"),
        ("open", 3, "COULD NOT TELL: the candidate is not proved"),
    ],
)
def test_the_first_line(situation: str, code: int, said: str) -> None:
    """The first line is the verdict, and the exit code in the document agrees with it."""
    found = report(SITUATIONS[situation])
    assert render(found, Format.TEXT).splitlines()[0] == said
    assert found["exitCode"] == code


def test_a_partial_run() -> None:
    """A run of some claims says so first."""
    found = report(seen(), only=frozenset({CHECKS[0].claim}))
    assert render(found, Format.TEXT).startswith("PARTIAL: only distinct looked at")
    assert found["partial"] == ["distinct"]


def test_what_is_listed_below_the_table() -> None:
    """Loosened limits, waivers in use and what could not be proved are all listed."""
    sdl = SDL.replace("memo: String ", "")
    waived = SchemaWaiver(change="Field Transfer.memo was removed.", reason="unused", expires=LATER)
    measure = policy(
        waivers=Waivers(schema=(waived,)),
        accepts=(Acceptance(part="runtime.heap", reason="a hosted belt"),),
        loosened=("settle is 0:10:00, by default 0:30:00",),
    )
    looks = seen(candidate_schema=schema(sdl, admin=sdl), candidate_metrics=metrics(heap_limit_mb=None))
    shown = render(report(looks, measure), Format.TEXT)
    assert shown.startswith("PASSED")
    assert "Field Transfer.memo was removed. Waived until 2030-02-01: unused" in shown
    assert "settle is 0:10:00, by default 0:30:00" in shown
    assert "runtime.heap: the metrics do not show" in shown
    assert "[accepted: a hosted belt]" in shown


def test_the_same_twice() -> None:
    """The same observations make the same report, line by line."""
    assert render(report(seen()), Format.TEXT) == render(report(seen()), Format.TEXT)


def test_a_narrow_terminal() -> None:
    """Colours and a small width change how it looks, and lose no word."""
    found = report(SITUATIONS["refused"])
    shown = as_text.render(found, colour=True, width=80)
    assert "\x1b[" in shown
    assert "REFUSED" in shown


def test_markdown_stays_text() -> None:
    """What a server says cannot become markup in a pull request."""
    evil = unobserved("<img src=x> | **bold** [link](http://evil.test/x) \n# head", Cause.BAD_ANSWER)
    shown = render(report(seen(candidate_answers=Answers(public=evil))), Format.MARKDOWN)
    table = shown.split("<details>")[0]
    assert "<img" not in shown
    assert "**bold**" not in table
    assert "[link]" not in table
    assert "\n# head" not in shown


def test_the_page_about_claims() -> None:
    """`docs/claims.md` is what `python -m gate claims` prints."""
    assert (DOCS / "claims.md").read_text() == page(CHECKS)
