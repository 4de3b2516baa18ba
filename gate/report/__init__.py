"""One verdict in four renderings: for a terminal, for programs, for a pull request, and as a page."""

from enum import StrEnum

from gate.report import as_html, as_json, as_markdown, as_text
from gate.report.document import Document, document

__all__ = ["Document", "Format", "document", "render"]


class Format(StrEnum):
    """How a report is rendered."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


def render(report: Document, form: Format, *, full: bool = False) -> str:
    """The report as a text that ends with a line break; `full` is for a terminal, others are complete."""
    match form:
        case Format.TEXT:
            return as_text.render(report, full=full)
        case Format.JSON:
            return as_json.render(report)
        case Format.MARKDOWN:
            return as_markdown.render(report)
        case Format.HTML:
            return as_html.render(report)
