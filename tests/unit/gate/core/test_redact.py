"""No secret survives a report, in whatever form it comes back."""

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.probes.rpc.provider import RefusedError
from gate.redact import Redactor, beginning, redactor_for
from gate.secret import Address, Secret
from tests.unit.gate.core.builders import belt, chain, endpoints, policy

SECRET = 'p&ss "w<rd>/é'


@pytest.mark.parametrize(
    "echoed",
    [
        SECRET,
        quote(SECRET, safe=""),
        html.escape(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_an_echo(echoed: str) -> None:
    """A server that echoes a secret, encoded or not, gives nothing away."""
    shown = Redactor([SECRET]).text(f"invalid secret {echoed} given")
    assert SECRET not in shown
    assert echoed not in shown
    assert shown.startswith("invalid secret ")
    assert shown.endswith(" given")


@given(st.integers(0, 250), st.sampled_from(["", "://", "?", " "]))
def test_a_key_that_is_cut(before: int, between: str) -> None:
    """A provider says back the key of its address: no part of it is left where its words are cut."""
    key = "0123456789abcdef0123456789abcdef"
    address = Address(f"https://rpc.example/v2/{key}")
    message = f"{'x' * before}{between}{key} is no project"
    for words in (beginning(message, address), str(RefusedError(address, "eth_call", 1, message))):
        assert key[:2] not in words
        assert "xxx" in words or before < 3


@given(st.text(min_size=4), st.text(), st.text())
def test_any_secret_anywhere(secret: str, before: str, after: str) -> None:
    """Whatever stands around a secret, the secret does not stay."""
    shown = Redactor([secret]).text(before + secret + after)
    assert secret not in shown.replace("***", "\x00") or secret in "***"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://rpc.example.com/v3/abcdef?key=1 failed", "GET https://rpc.example.com failed"),
        ("see http://user:pw@host:8080/path.", "see http://host:8080."),
        ("postgresql://gate:pw@db.test:5432/belts?sslmode=off", "postgresql://db.test:5432"),
        ("nothing to hide", "nothing to hide"),
        ("http://[bad", "***"),
    ],
)
def test_every_url(text: str, shown: str) -> None:
    """Every URL, known or not, is scheme and host."""
    assert Redactor([]).text(text) == shown


def test_what_steers_a_terminal() -> None:
    """A server's words stay on one line, and cannot clear the screen."""
    assert Redactor([]).text("one\n two\x1b[2J\x07three") == "one two[2Jthree"


def test_what_a_run_was_given() -> None:
    """Admin secrets, database passwords, and keys in the paths of providers are all known."""
    given_endpoints = endpoints(
        candidate=belt("green", database=Secret("postgresql://gate:p%40ss-w0rd@green.test/belts"))
    )
    measure = policy(chains=(chain(1, rpc=(Address("https://rpc.example.com/v3/0123456789abcdef"),)),))
    redactor = redactor_for(given_endpoints, measure.addresses)
    text = "green-admin-secret blue-admin-secret p@ss-w0rd p%40ss-w0rd blue-password 0123456789abcdef graphql"
    assert redactor.text(text) == "*** *** *** *** *** *** graphql"


def test_inside_of_lists_and_maps() -> None:
    """Every text of a document is taken through it; numbers and keys stay."""
    found = Redactor(["geheim"]).everywhere({"a": ["geheim", 1, {"b": "x geheim"}], "c": None})
    assert found == {"a": ["***", 1, {"b": "x ***"}], "c": None}
