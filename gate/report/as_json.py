"""Renders a report for programs."""

import json

from gate.report.document import Document


def render(report: Document) -> str:
    """JSON, as `docs/report.schema.json` describes it."""
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
