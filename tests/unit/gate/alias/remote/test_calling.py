"""What a command is given is what stands in its list, and what it leaves behind holds nobody up."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belts.reading.kinds import Arguments, Unfit
from gate.alias.remote.calling import call, filled

ECHO = (sys.executable, "-I", "-S", "-c", "import json, sys; print(json.dumps(sys.argv[1:]))")
WORDS = ("upstream", "belt", "url")
LIMIT = timedelta(seconds=20)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30)


@settings(max_examples=8, deadline=None)
@given(arguments=st.lists(TEXT, max_size=5), value=TEXT)
def test_no_text_becomes_two_arguments(arguments: list[str], value: str) -> None:
    """Nor is any of it read by a shell: the program gets each as it stands, filled in."""
    wanted = [*arguments, "{upstream}", "UPSTREAM={upstream}"]
    told = filled([*ECHO, *wanted], {"upstream": value})
    done = call(told, secrets={}, stdin="", limit=LIMIT, most=1_000_000)
    assert done.succeeded, done.words
    got = json.loads(done.out)
    assert got == [each.replace("{upstream}", value) for each in wanted]


@given(value=st.text(st.sampled_from("{}upstreambl "), max_size=30))
def test_what_is_filled_in_is_not_filled_again(value: str) -> None:
    """A value that looks like a word in braces stays as it is."""
    assert filled(["{upstream}", "x"], {"upstream": value, "belt": "green"}) == [value, "x"]


WRONG = {
    "a text": "deploy {upstream}",
    "nothing": [],
    "a number": ["deploy", 1],
    "an empty argument": ["deploy", "", "{upstream}"],
    "a word that nobody fills in": ["deploy", "{upsteam}", "{upstream}"],
    "a program that is filled in": ["{upstream}"],
    "without the word that must be": ["deploy"],
    "a character that no argument can hold": ["deploy", "\0{upstream}"],
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
def test_no_argument_list(value: object) -> None:
    """Refused before anything is touched."""
    with pytest.raises(Unfit):
        Arguments(words=WORDS, must="upstream").typed(value)


def test_braces_of_json() -> None:
    """They are no words."""
    value = ["curl", "--data", '{"to": "{upstream}"}', "${HOME}"]
    assert Arguments(words=WORDS, must="upstream").typed(value) == tuple(value)


@pytest.mark.deep
def test_a_child_in_its_group(tmp_path: Path) -> None:
    """Killed with its parent's end, though it holds the pipes."""
    late = tmp_path / "late"
    fork = (
        f"import os, time\nif os.fork() == 0:\n    time.sleep(1.5); open({str(late)!r}, 'w')\nprint('told')"
    )
    done = call((sys.executable, "-I", "-S", "-c", fork), secrets={}, stdin="", limit=LIMIT, most=100)
    assert (done.code, done.out) == (0, b"told\n")
    time.sleep(2)
    assert not late.exists()


@pytest.mark.deep
def test_whoever_closes_its_pipes_and_stays() -> None:
    """It is waited for until its deadline, and no longer."""
    mute = "import os, time\nos.close(1); os.close(2); time.sleep(600)"
    limit = timedelta(seconds=1)
    done = call((sys.executable, "-I", "-S", "-c", mute), secrets={}, stdin="", limit=limit, most=100)
    assert "had not ended after 1 s" in done.why


def test_complaints_without_an_end() -> None:
    """The end of them is kept."""
    loud = "import sys\nsys.stderr.write('x' * 300_000); sys.stderr.write('the end'); sys.exit(2)"
    done = call((sys.executable, "-I", "-S", "-c", loud), secrets={}, stdin="", limit=LIMIT, most=100)
    assert done.code == 2
    assert done.words.endswith("the end")


def test_one_who_does_not_read() -> None:
    """What is on stdin keeps nobody."""
    big = "x" * 1_000_000
    done = call((sys.executable, "-I", "-S", "-c", "print(1)"), secrets={}, stdin=big, limit=LIMIT, most=100)
    assert done.out == b"1\n"
