"""What the story takes from the engine's output."""

import textwrap

from demo.engine import said
from demo.story import of_the_writer

REPORT = """    green after blue: a promotion
    certificate 0ae64b43, for 15 minutes and one use

      chain 10: the finalized tag is not asked for
"""
WARNED = """    open subscriptions to blue were not closed: timed out
    green serves: promoted; the gateway gave 18 answers
"""


def update(*messages: str) -> str:
    """What `pulumi up` prints, with these messages of its parts, in this order."""
    told = "\n".join(messages)
    return (
        "Updating (gateway):\n\n"
        "    pulumi:pulumi:Stack belts-gateway running green serves: promoted\n"
        f"Diagnostics:\n  pulumi:pulumi:Stack (belts-gateway):\n{told}\n"
        "Resources:\n    ~ 1 updated\n\nDuration: 4s\n"
    )


def test_the_writers_words_stand_alone_wherever_they_are() -> None:
    """Its warnings with them, the gate's report without."""
    wanted = textwrap.dedent(WARNED).strip()

    assert of_the_writer(said(update(WARNED, REPORT)), "green") == wanted
    assert of_the_writer(said(update(REPORT, WARNED)), "green") == wanted


def test_a_writer_that_said_nothing_is_not_taken_for_another() -> None:
    assert of_the_writer(said(update(REPORT)), "green") == "green serves"
    assert of_the_writer(said(update(WARNED)), "blue") == "blue serves"
