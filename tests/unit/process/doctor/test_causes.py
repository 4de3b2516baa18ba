"""What is told from what was seen: each cause by its own signs, and by no others."""

import re
from pathlib import Path

import pytest

from belts.runtimes.disk import Disk
from belts.runtimes.process.doctor import report
from belts.runtimes.process.doctor.causes import CAUSES
from belts.runtimes.process.doctor.symptoms import RECENT_BYTES, Log, Provider, Symptoms

PAGE = Path(__file__).resolve().parents[4] / "docs" / "failures.md"
TABLE = re.compile(r"(<!-- causes -->\n).*?(<!-- end -->)", re.DOTALL)
GB = 1000**3


def belt(**seen: object) -> Symptoms:
    """A belt of two chains that is well, but for what is said."""
    well = {
        "belt": "blue",
        "root": "/hosts",
        "asked_chains": frozenset({1, 10}),
        "seeded_chains": frozenset({1, 10}),
        "progress": {1: 1_000, 10: 500},
        "providers": (provider(1), provider(10, head=510)),
        "pinned_version": "3.0.0",
        "seeded_version": "3.0.0",
        "disk": Disk(free=500 * GB, size=900 * GB),
    }
    return Symptoms(**(well | seen))  # type: ignore[arg-type]


def provider(chain: int, **seen: object) -> Provider:
    well = {
        "chain": chain,
        "origin": "https://rpc.example",
        "serves": chain,
        "head": 1_010,
        "age_s": 4.0,
        "interval_s": 2.0,
    }
    return Provider(**(well | seen))  # type: ignore[arg-type]


def log(text: str, *, program: str = "indexer", settled: bool = False) -> dict[str, Log]:
    return {program: Log(file=f"/hosts/blue/logs/{program}.log", text=text, settled=settled)}


def causes(symptoms: Symptoms) -> list[str]:
    return [found.cause.name for found in report.diagnose(symptoms)]


HEAP = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n"
TAKEN = "Error: listen EADDRINUSE: address already in use :::9898\n"
SILENT = {"serves": None, "head": None, "age_s": None, "interval_s": None}


CASES: list[tuple[Symptoms, list[str]]] = [
    (belt(), []),
    (belt(disk=Disk(free=GB, size=900 * GB)), ["disk full"]),
    (belt(disk=Disk(free=90 * GB, size=900 * GB, days=3.0)), ["disk full"]),
    (
        belt(logs=log("PANIC:  could not write: No space left on device\n", program="postgres")),
        ["disk full"],
    ),
    (belt(supervised=False, down=("indexer",)), ["supervisor gone"]),
    (belt(supervised=False, orphans=("indexer (pid 7)",)), ["orphan"]),
    (belt(orphans=("postgres (pid 7)",)), ["orphan"]),
    (belt(strangers={"engine": ("pid 9",)}), ["port taken"]),
    (belt(down=("indexer",), logs=log(TAKEN)), ["port taken"]),
    (belt(database="FATAL:  the database system is starting up"), ["Postgres restarting"]),
    (belt(database="connection refused", down=("postgres",)), ["Postgres restarting"]),
    (belt(silent={"relay": "no answer yet (timed out)"}), ["part hangs"]),
    (belt(logs=log(HEAP)), ["heap death"]),
    (belt(heap_used=0.95), ["heap nearly full"]),
    (
        belt(logs=log('{"code":"28P01","message":"password authentication failed for user"}')),
        ["28P01"],
    ),
    (belt(pinned_version="3.8.0"), ["version against stored state"]),
    (belt(seeded_chains=frozenset({1})), ["skipped chain"]),
    (belt(seeded_chains=frozenset()), ["skipped chain"]),
    (belt(untracked="the engine does not serve Account"), ["metadata gone"]),
    (belt(by_hypersync=(1,), has_token=False), ["token missing"]),
    (
        belt(providers=(provider(1, untrusted=True, trouble="self-signed certificate", **SILENT),)),
        ["certificates"],
    ),
    (belt(logs=log("fetch failed: unable to get local issuer certificate")), ["certificates"]),
    (belt(providers=(provider(1, serves=10),)), ["another chain's provider"]),
    (
        belt(providers=(provider(1, busy=True, trouble="status 429: slow down", **SILENT),)),
        ["rate limit"],
    ),
    (belt(logs=log("Error: HTTP status 429 (Too Many Requests)")), ["rate limit"]),
    (belt(logs=log("query returned more than 10000 results")), ["range refused"]),
    (
        belt(providers=(provider(1, trouble="no answer (Connection refused)", **SILENT),)),
        ["provider silent"],
    ),
    (belt(providers=(provider(1), provider(1, head=900))), ["provider behind"]),
    (belt(providers=(provider(1, head=900),)), ["provider behind"]),
    (belt(providers=(provider(1, age_s=900.0),)), ["provider behind"]),
    (belt(down=("engine",)), ["part down"]),
]


@pytest.mark.parametrize(("symptoms", "expected"), CASES)
def test_each_cause_by_its_signs(symptoms: Symptoms, expected: list[str]) -> None:
    """One thing that is wrong is one cause."""
    assert causes(symptoms) == expected


def test_every_cause_has_a_case() -> None:
    """No row of the table is there that nothing leads to."""
    assert {name for _, expected in CASES for name in expected} == {cause.name for cause in CAUSES}


@pytest.mark.parametrize(
    "symptoms",
    [
        belt(logs=log(HEAP, settled=True)),
        belt(logs=log(TAKEN)),
        belt(logs=log("code: 28P01\n", settled=True)),
        belt(logs=log("status 429\n" + "x" * RECENT_BYTES)),
        belt(providers=(provider(1, age_s=900.0, interval_s=600.0),)),
        belt(providers=(provider(1, head=995),)),
        belt(seeded_chains=None),
        belt(by_hypersync=(), has_token=False),
        belt(pinned_version=""),
    ],
)
def test_what_is_over_or_unknown_is_no_cause(symptoms: Symptoms) -> None:
    """A belt that came back is well; a slow chain is no stalled one; what was not seen tells nothing."""
    assert causes(symptoms) == []


def test_causes_stand_before_what_follows() -> None:
    """A full disk ends Postgres, whose end is what the indexer complains of."""
    found = belt(
        disk=Disk(free=0, size=GB),
        database="the database system is in recovery mode",
        logs=log("password authentication failed"),
        down=("indexer",),
    )
    assert causes(found) == ["disk full", "Postgres restarting", "28P01"]


def test_what_is_said_can_be_typed() -> None:
    """Names stand where names go, and no brace is left."""
    for found in report.diagnose(belt(heap_used=1.0, untracked="all", database="gone", down=("indexer",))):
        assert "{" not in found.now
    text = report.as_text([belt(untracked="the engine does not serve Account")])
    assert "python -m belts heal --root /hosts blue" in text
    assert "the engine does not serve Account" in text


@pytest.mark.parametrize(
    ("symptoms", "expected"),
    [
        (belt(), report.FINE),
        (belt(unlooked=("its logs: no permission",)), report.BLIND),
        (belt(unlooked=("its logs: no permission",), untracked="all"), report.WRONG),
    ],
)
def test_what_was_not_looked_at_is_no_health(symptoms: Symptoms, expected: int) -> None:
    """It has an exit code of its own, and stands in both reports."""
    assert report.exit_code([symptoms]) == expected
    for words in symptoms.unlooked:
        assert words in report.as_text([symptoms])
        assert words in report.as_json([symptoms])["blue"]["unlooked"]


def test_the_page_is_the_table() -> None:
    """docs/failures.md has each cause, with its signs, its reason and the next step."""
    rows = [f"| {each.name} | {each.tells} | {each.why} | {_typed(each.now)} |" for each in CAUSES]
    table = "\n".join(["| cause | told by | why | now |", "| --- | --- | --- | --- |", *rows]) + "\n"
    page = PAGE.read_text()
    wanted = TABLE.sub(lambda found: found[1] + table + found[2], page)
    assert page == wanted, f"write this into {PAGE.name}:\n{table}"


def _typed(now: str) -> str:
    return now.replace("{belt}", "BELT").replace("{root}", "ROOT")
