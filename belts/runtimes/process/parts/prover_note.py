"""The progress that a belt's prover reports."""

from pathlib import Path

from belts.files import read_json
from belts.runtimes.process.files.layout import Layout

NOTE = "note.json"


def note_of(layout: Layout) -> Path:
    """The file with that report."""
    return layout.of_part("prover") / NOTE


def said(layout: Layout) -> str | None:
    """Its last report and the time of it; None if there is none."""
    try:
        told = read_json(note_of(layout))
        return None if told is None else f"{told['line']} (at {told['at']})"
    except (OSError, ValueError, KeyError, TypeError):
        return None
