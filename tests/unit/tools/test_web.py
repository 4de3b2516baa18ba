"""Hosts that may not be reachable."""

import threading
import urllib.error
import urllib.request
from typing import NoReturn

import pytest

from tools.web import NoAnswer, ask


def test_a_name_that_is_looked_up_for_ever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up a name knows no time limit of its own; the person does not wait for it."""

    left = threading.Event()

    def looked_up(*_: object, **__: object) -> NoReturn:
        left.wait(60)
        raise urllib.error.URLError("no such name")

    monkeypatch.setattr(urllib.request, "urlopen", looked_up)
    assert ask("http://example.invalid/", within=0.1) == NoAnswer(
        reason="http://example.invalid/ did not answer within 0.1 s"
    )
    left.set()


def test_an_address_that_nobody_serves_has_a_reason() -> None:
    answer = ask("http://127.0.0.1:1/", within=2)
    assert isinstance(answer, NoAnswer)
    assert "Connection refused" in answer.reason
