"""How far a belt's prover says that it is."""

import json
from pathlib import Path

from belts.runtimes.process.files.layout import Layout

NOTE = "note.json"


def note_of(layout: Layout) -> Path:
    """Where it says so."""
    return layout.of_part("prover") / NOTE


def said(layout: Layout) -> str | None:
    """Its last words, and when they were said; None where it has not said any."""
    try:
        told = json.loads(note_of(layout).read_text())
        return f"{told['line']} (at {told['at']})"
    except (OSError, ValueError, KeyError, TypeError):
        return None
