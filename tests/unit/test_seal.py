"""A seal fits one answer, of one belt, to one challenge."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts import seal

PLACE = ("7350000000000000001", "16384", "16440")
ASKED = "ab" * 32
WHOLE: dict[str, Any] = {"secret": "s3cret", "challenged": ASKED, "place": PLACE, "body": b'{"data":1}'}


def made(**changes: Any) -> str:
    said = WHOLE | changes
    return seal.seal(said["secret"], said["challenged"], said["place"], said["body"])


def test_it_fits() -> None:
    """The belt's own seal on its own answer."""
    assert seal.fits(made(), **WHOLE)


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "another"},
        {"challenged": "cd" * 32},
        {"place": ("7350000000000000002", *PLACE[1:])},
        {"place": (*PLACE[:2], "16441")},
        {"place": ("73500000000000000011", "6384", "16440")},
        {"body": b'{"data":2}'},
        {"body": b""},
    ],
    ids=["key", "challenge", "system", "chain table", "shifted", "answer", "empty"],
)
def test_it_does_not_fit(changes: dict[str, Any]) -> None:
    """Another key, an old challenge, another database, a changed answer."""
    assert not seal.fits(made(**changes), **WHOLE)


@given(st.text())
def test_anything_else_is_no_seal(text: str) -> None:
    """Whatever a server puts there is compared, and breaks nothing."""
    assert not seal.fits(text, **WHOLE)


def test_challenges() -> None:
    """Each is new, and what is not one is known as such."""
    assert seal.challenge() != seal.challenge()
    assert seal.is_challenge(seal.challenge())
    assert not any(map(seal.is_challenge, ("", "ab", "AB" * 32, f"{ASKED}\n", "x" * 64)))


def test_a_challenge_of_who_holds_the_secret() -> None:
    """The belt sees it, for some minutes; to everybody else it is one as any, and no two are the same."""
    made_now = seal.proving_challenge("s3cret", now=1_000_000)
    assert seal.is_challenge(made_now)
    assert seal.proves("s3cret", made_now, now=1_000_000)
    assert seal.proves("s3cret", made_now, now=1_000_299)
    assert not seal.proves("s3cret", made_now, now=1_000_301)
    assert not seal.proves("s3cret", made_now, now=999_699)
    assert not seal.proves("another", made_now, now=1_000_000)
    assert made_now != seal.proving_challenge("s3cret", now=1_000_000)


@given(st.text(max_size=80) | st.from_regex(r"[0-9a-f]{64}", fullmatch=True))
def test_a_challenge_of_anybody(asked: str) -> None:
    """It proves nothing, whatever it is."""
    assert not seal.proves("s3cret", asked)
    assert not seal.proves("s3cret", seal.challenge())
