"""Renders a report for a terminal: the verdict, what blocks it, and what to do about it."""

import io

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gate.report.document import Document
from gate.report.words import Open, evidence, headline, lists, particulars, passed, paste, standing

WIDTH = 100
"""The default width: behind Pulumi's prefix it fits into a terminal of 120 columns."""
STYLES = {"passed": "green", "failed": "bold red", "could not tell": "bold yellow"}


def render(report: Document, *, colour: bool = False, width: int = WIDTH, full: bool = False) -> str:
    """Plain text, or with colours for a terminal; `full` shows every point, row and value."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
    )
    console.print(Text(headline(report), style=STYLES[report["outcome"]]))
    for each in standing(report, full=full):
        console.print()
        _open(console, each, full=full)
    console.print()
    _passed(console, report, full=full)
    for heading, lines in lists(report, full=full):
        console.print(Text(f"{heading}:", style="bold"))
        for line in lines:
            console.print(Padding(Text(line), (0, 0, 0, 2)))
    console.print(Text(particulars(report), style="dim"))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _open(console: Console, each: Open, *, full: bool) -> None:
    """One point that blocks: expected, seen, now."""
    point = each.point
    title = Text(f"{each.title} ")
    title.append(point["outcome"], style=STYLES[point["outcome"]])
    console.print(title)
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for label, text in (
        ("expected", point["expected"]),
        ("seen", point["observed"]),
        ("now", point["advice"]),
    ):
        table.add_row(Text(f"  {label}"), Text(text))
    for number, line in enumerate(evidence(point, full=full)):
        table.add_row(Text("" if number else "  evidence"), Text(line))
    console.print(table)
    if lines := paste(point):
        console.print(Text("  or, in the policy:"))
        for line in lines:
            console.print(Text(f"    {line}"), soft_wrap=True)
    if each.more:
        console.print(Text(f"  and {each.more} more of {each.title} (see the whole report)"))


def _passed(console: Console, report: Document, *, full: bool) -> None:
    """The claims that hold: by name if something else does not, else each with its summary.

    The full report also shows what holds of the other claims.
    """
    claims = report["claims"] if full else passed(report)
    if report["outcome"] == "passed" or full:
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for claim in claims:
            table.add_row(Text(claim["claim"], style=STYLES[claim["outcome"]]), Text(claim["observed"]))
            for point in claim["points"] if full else ():
                if claim["outcome"] != "passed" and point["outcome"] != "passed":
                    continue  # it is listed above
                table.add_row(Text(f"  {point['part'].partition('.')[2]}"), Text(point["observed"]))
                for line in evidence(point, full=True):
                    table.add_row("", Text(f"  {line}"))
        console.print(table)
    elif claims:
        console.print(
            Text(f"Passed: {', '.join(claim['claim'] for claim in claims)}", style=STYLES["passed"])
        )
