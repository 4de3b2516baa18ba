"""One verdict, four renderings, in which nothing is missing and no secret is."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gate.checks import CHECKS
from gate.judging import judged
from gate.observations import Answers, Observations
from gate.observations.rows import EntityRows, EntityUnread, Kind, RowDifference, Totals, Value
from gate.observations.unobserved import Cause
from gate.policy import Policy, snippet
from gate.policy.unproved import Unproved
from gate.policy.waivers import Acceptance, SchemaWaiver, Waivers
from gate.redact import redactor_for
from gate.report import Document, Format, as_text, document, render
from gate.report.claims_page import page
from gate.report.words import ALIKE
from gate.verdict import Verdict, accepting
from tests.unit.gate.core.builders import (
    LATER,
    NOW,
    SDL,
    content,
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
    return document(verdict, looks.endpoints, CHECKS, redactor_for(looks.endpoints, measure.addresses))


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
        loosened=("settle 10m instead of 30m",),
    )
    looks = seen(candidate_schema=schema(sdl, admin=sdl), candidate_metrics=metrics(heap_limit_mb=None))
    shown = render(report(looks, measure), Format.TEXT)
    assert shown.startswith("PASSED")
    assert "Field Transfer.memo was removed. Waived until 2030-02-01: unused" in shown
    assert "settle 10m instead of 30m" in shown
    assert "runtime.heap: the metrics do not show" in shown
    assert "[a hosted belt]" in shown


def test_the_same_twice() -> None:
    """The same observations make the same report, line by line."""
    assert render(report(seen()), Format.TEXT) == render(report(seen()), Format.TEXT)


def test_a_narrow_terminal() -> None:
    """Colours and a small width change how it looks, and lose no word."""
    found = report(SITUATIONS["refused"])
    shown = as_text.render(found, colour=True, width=80)
    assert "\x1b[" in shown
    assert "REFUSED" in shown


LOST = RowDifference(kind=Kind.MISSING, key="8453-10-3", chain="8453", block=10)
CHANGED = RowDifference(
    kind=Kind.DIFFERENT,
    key="8453-11-0",
    chain="8453",
    block=11,
    values=(Value(column="pair", serving="EUR/USD", candidate="EUR/USD "),),
)
ONE = content().entities[0]
assert isinstance(ONE, EntityRows)
SPOILED = replace(
    content(),
    entities=(replace(ONE, totals=Totals(missing=1, different=1), differences=(LOST, CHANGED)),),
)


def test_only_what_stands_in_the_way() -> None:
    """The verdict, what failed with expected, seen and now, and what passed by name: nothing else is read."""
    shown = render(report(seen(content=SPOILED)), Format.TEXT)
    lines = shown.splitlines()
    assert lines[0] == "REFUSED: the candidate may not serve"
    assert lines[2] == "content.rows failed"
    assert [line.split()[0] for line in lines[3:6]] == ["expected", "seen", "now"]
    assert "Transfer missing 8453-10-3 (chain 8453, block 10)" in shown
    assert "pair is “EUR/USD” on the serving belt, “EUR/USD\\x20” on the candidate" in " ".join(shown.split())
    assert "\nPassed: distinct, reachable, complete, height, counts," in shown
    assert "two belts, two databases" not in shown
    assert len(lines) < 25


def test_a_pass_in_one_line_a_claim() -> None:
    """Where nothing stands in the way, each claim says in a line what was seen."""
    lines = render(report(seen()), Format.TEXT).splitlines()
    assert lines[0] == "PASSED: the candidate may serve"
    assert [line.split()[0] for line in lines[2 : 2 + len(CHECKS)]] == [check.claim.value for check in CHECKS]


def test_the_whole_report() -> None:
    """`full` shows every part, also of what passed."""
    found = report(seen(content=SPOILED))
    shown = render(found, Format.TEXT, full=True)
    for claim in found["claims"]:
        for point in claim["points"]:
            assert point["observed"][:40] in " ".join(shown.split())


def test_the_same_is_said_once() -> None:
    """What two parts say alike is one entry that names both."""
    sdl = SDL.replace("memo: String ", "")
    shown = render(report(seen(candidate_schema=schema(sdl, admin=sdl))), Format.TEXT)
    assert "schema.public, schema.admin failed" in shown
    assert shown.count("seen     Field Transfer.memo was removed.") == 1


def test_the_coverage_table() -> None:
    """Its sums in a terminal, all of it with `full` and on the page; what is open stands above."""
    found = report(seen(), policy(unproved=()))
    short, whole = render(found, Format.TEXT), render(found, Format.TEXT, full=True)
    assert found["outcome"] == "could not tell"
    assert "of 10 cells of entity, chain and column: 8 compared; 2 neither" in " ".join(short.split())
    assert "- entity: Account" in short
    cell = "Transfer, chain 1, 10: id, value, memo, kind: compared"
    assert cell not in " ".join(short.split())
    assert cell in " ".join(whole.split())
    page_ = render(found, Format.HTML)
    assert "<td>Transfer</td><td>1, 10</td><td>id, value, memo, kind</td>" in page_
    assert "<td>Account</td><td>all chains</td><td>id, balance</td>" in page_
    accepted = render(report(seen()), Format.HTML)
    assert "accepted: sums over transfers" in accepted


def test_what_may_be_mended_is_noted() -> None:
    """An entry of the policy that accepts nothing stands under the notes."""
    idle = Unproved(entity="Transfer", reason="no event says it")
    notes = report(seen(), policy(unproved=(*policy().unproved, idle)))["notes"]
    assert notes == [
        "`unproved` names Transfer: memo, kind, of which nothing is unproved any more",
        "`unproved` names Transfer, of which nothing is unproved any more",
    ]


def test_many_of_a_kind() -> None:
    """Of many points of one part the first are shown, and how many more there are."""
    unread = tuple(EntityUnread(entity=f"Entity{number}", why=unobserved()) for number in range(9))
    found = report(seen(content=replace(content(), entities=unread)))
    shown = render(found, Format.TEXT)
    assert shown.count("content.rows could not tell") == ALIKE
    every = render(found, Format.TEXT, full=True).count("content.rows could not tell")
    assert every >= len(unread)
    assert f"and {every - ALIKE} more of content.rows" in shown


def test_what_to_paste_is_what_the_policy_takes() -> None:
    """The lines under `or, in the policy` are YAML that mends the verdict once a reason is written."""
    sdl = SDL.replace("memo: String ", "")
    looks = seen(candidate_schema=schema(sdl, admin=sdl))
    found = report(looks)
    snippets = [point["paste"] for claim in found["claims"] for point in claim["points"] if point["paste"]]
    assert snippets
    pasted = yaml.safe_load("\n".join(snippet.lines(snippets[0])))
    [entry] = pasted["waivers"]["schema"]
    assert entry["reason"] is None
    waived = SchemaWaiver(change=entry["change"], reason="nobody reads it", expires=entry["expires"])
    assert report(looks, policy(waivers=Waivers(schema=(waived,))))["outcome"] == "passed"


def test_a_page_needs_nothing_but_itself() -> None:
    """No script, no address to fetch from, and nothing that a belt says becomes markup."""
    evil = unobserved("<script>alert(1)</script><img src=x onerror=y>", Cause.BAD_ANSWER)
    shown = render(report(seen(content=SPOILED, candidate_answers=Answers(public=evil))), Format.HTML)
    assert "<script" not in shown
    assert "<img" not in shown
    assert re.findall(r"<[^>]*\b(?:src|href)=[\"']?([^\"'> ]+)", shown) == ["data:,"]
    assert "url(" not in shown
    assert "@import" not in shown
    assert "<mark>\\x20</mark>" in shown


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("chain", ["8453", None])
@pytest.mark.parametrize("block", [10, None])
def test_rows_that_say_no_chain_or_block(form: Format, chain: str | None, block: int | None) -> None:
    """Not every entity has them: such a row is shown in every form of the report, and breaks none."""
    assert isinstance(ONE, EntityRows)
    one = replace(ONE, totals=Totals(missing=1), differences=(replace(LOST, chain=chain, block=block),))
    shown = render(report(seen(content=replace(content(), entities=(one,)))), form)
    assert LOST.key in shown
    assert "None" not in shown


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


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_pulumi_is_given(situation: str) -> None:
    """No colour, and no line that is wider than what Pulumi leaves of a terminal."""
    shown = render(report(SITUATIONS[situation]), Format.TEXT)
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= as_text.WIDTH
