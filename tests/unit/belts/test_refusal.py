"""What a person is told when something must not be done has one type, four fields and one rendering."""

import ast
from collections.abc import Iterator
from pathlib import Path

from belts.refusal import Refusal, told

ROOT = Path(__file__).parents[3]
ROOMS = ("belts", "gate", "stacks", "demo")

MISTAKES = "lists mistakes of a file or a request: path, expected, got"
RELAYED = "relays what another process said"
ANSWER = "becomes an answer of the engine, in the form that Hasura gives it"
SETTINGS = "stops a part that its host starts: the host's own refusal carries its words"
ENTRY = "is the base of what its docstring draws"
INNER = "never reaches a person: whoever catches it says what follows from it"
OTHERWISE = {
    "belts.pulumi.boundary.Refused": RELAYED,
    "belts.engine.errors.EngineError": ANSWER,
    "belts.engine.settings.BadSettings": SETTINGS,
    "belts.engine.schema.resolve._Broken": INNER,
    "belts.engine.serve.http.Gone": INNER,
    "belts.engine.serve.outbox.Full": INNER,
    "belts.engine.serve.ws.Closed": INNER,
    "belts.runtimes.process.errors.HostError": ENTRY,
    "belts.refusal.Refusal": ENTRY,
    "demo.belt.NoAnswer": INNER,
    "demo.engine.EngineFailed": RELAYED,
    "demo.story.StoryBroken": "ends the demo, which says what it expected",
    "gate.journal.journal.JournalUnreadable": INNER,
    "gate.ledger.errors.LedgerError": INNER,
    "gate.policy.signature.SignatureError": INNER,
    "gate.probes.rpc.provider._BatchError": INNER,
    "gate.probes.truth.proofs.DisputeError": INNER,
    "gate.probes.unseen.UnseenError": INNER,
    "gate.alias.move.arrival.NotArrivedError": INNER,
    "gate.alias.sight.UnprovedError": INNER,
    "gate.proof.decoding.UnreadableError": INNER,
    "gate.proof.roots.ContradictedError": INNER,
    "gate.proving.settings.SettingsError": SETTINGS,
    "belts.reading.mistakes.MistakesError": MISTAKES,
    "gate.schema.source.SourceError": INNER,
    "gate.signals.status.settings.BadSettings": SETTINGS,
    "stacks.alias.Refused": RELAYED,
    "stacks.settings.SettingsRefused": MISTAKES,
}
"""The exceptions that do not derive from `Refusal`, and why not."""


def test_the_rendering() -> None:
    """Four lines, in the order in which they are read."""
    refusal = Refusal("blue stays", expected="a belt", seen="none", now="make one")
    assert str(refusal) == "blue stays\n  expected: a belt\n  seen:     none\n  now:      make one"
    assert (refusal.what, refusal.expected, refusal.seen, refusal.now) == (
        "blue stays",
        "a belt",
        "none",
        "make one",
    )


def test_the_end_of_a_log() -> None:
    """It stands below the four, each line of it marked."""
    refusal = Refusal("blue stays", expected="a belt", seen="none", now="make one", log_tail="one\ntwo")
    assert str(refusal).endswith("make one\n  the log ends with:\n    | one\n    | two")


def test_nothing_was_seen() -> None:
    """An error of the system may have no text; then there is a word for it."""
    assert "seen:     nothing\n" in told("blue stays", expected="a belt", seen="", now="make one")


def test_every_exception_is_a_refusal_or_says_why_not() -> None:
    """A new one that people read derives from `Refusal`, whose four fields the type checker demands."""
    assert dict.fromkeys(_bare()) == dict.fromkeys(sorted(OTHERWISE))


def test_nobody_renders_a_refusal_by_hand() -> None:
    by_hand = [
        str(path.relative_to(ROOT))
        for path in _sources()
        if r"\n  expected: " in path.read_text() and path != ROOT / "belts" / "refusal.py"
    ]
    assert by_hand == []


def _bare() -> Iterator[str]:
    """Every class that derives from `Exception`, or from Pulumi's, and not from one of ours."""
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text())):
            bases = {base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)}
            if isinstance(node, ast.ClassDef) and bases in ({"Exception"}, {"RunError"}):
                yield f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}.{node.name}"


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))
