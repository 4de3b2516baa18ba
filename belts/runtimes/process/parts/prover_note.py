"""How far a belt's prover says that it is."""

from pathlib import Path

from belts.files import read_json
from belts.runtimes.process.files.layout import Layout

NOTE = "note.json"


def note_of(layout: Layout) -> Path:
    """Where it says so."""
    return layout.of_part("prover") / NOTE


def said(layout: Layout) -> str | None:
    """Its last words, and when they were said; None where it has not said any."""
    try:
        told = read_json(note_of(layout))
        return None if told is None else f"{told['line']} (at {told['at']})"
    except (OSError, ValueError, KeyError, TypeError):
        return None
