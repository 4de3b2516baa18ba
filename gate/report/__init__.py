"""One verdict, three renderings: a table for a terminal, JSON for programs, Markdown for a pull request."""

from enum import StrEnum

from gate.report import as_json, as_markdown, as_text
from gate.report.document import Document, document

__all__ = ["Document", "Format", "document", "render"]


class Format(StrEnum):
    """How a report is rendered."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def render(report: Document, form: Format) -> str:
    """The report as a text that ends with a line break."""
    renderers = {
        Format.TEXT: as_text.render,
        Format.JSON: as_json.render,
        Format.MARKDOWN: as_markdown.render,
    }
    return renderers[form](report)
