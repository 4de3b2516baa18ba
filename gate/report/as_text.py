"""A report for a terminal: a table that is read in ten seconds, and the evidence below it."""

import io

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.outcome import Outcome
from gate.report.document import Document
from gate.report.words import evidence, headline, lists, outcome_of, particulars

WIDTH = 150
STYLES = {"passed": "green", "failed": "bold red", "could not tell": "yellow", "not told, accepted": "cyan"}


def render(report: Document, *, colour: bool = False, width: int = WIDTH, brief: bool = False) -> str:
    """Plain text, or with colours for a terminal; `brief` leaves out the evidence of what passed."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    console.print(Text(headline(report), style=STYLES.get(report["outcome"], "")))
    console.print(Text(particulars(report)), soft_wrap=True)
    console.print(_table(report))
    for heading, lines in lists(report):
        console.print(Text(f"{heading}:", style="bold"))
        for line in lines:
            console.print(Text(f"  {line}"), soft_wrap=True)
    points = [point for claim in report["claims"] for point in claim["points"]]
    told = [point for point in points if not brief or point["outcome"] != Outcome.PASSED.words]
    if told:
        console.print(Text("Evidence:", style="bold"))
    for line in (line for point in told for line in evidence(point)):
        console.print(Text(f"  {line}"), soft_wrap=True)
    return out.getvalue()


def _table(report: Document) -> Table:
    """One line a claim."""
    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for heading in ("expected", "observed", "what to do"):
        table.add_column(heading, ratio=1, overflow="fold")
    for claim in report["claims"]:
        outcome = outcome_of(claim)
        cells = (claim["claim"], outcome, claim["expected"], claim["observed"], claim["advice"])
        table.add_row(*(Text(cell, style=STYLES[outcome] if cell is outcome else "") for cell in cells))
    return table
