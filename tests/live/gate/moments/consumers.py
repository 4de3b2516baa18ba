"""Consumers who ask through the alias all the time, on a connection that they keep and on fresh ones."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import httpx

from tests.live import plain

QUESTION = {"query": "{ who { name } }"}
PAUSE_S = 0.02
PATIENCE_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """One answer: which belt the gateway says it is from, and which one its row is from; else why none."""

    at: float
    named: str | None = None
    row: str | None = None
    why: str = ""

    @property
    def given(self) -> bool:
        return self.named is not None and self.named == self.row


@dataclass
class Consumers:
    url: str
    heard: list[Heard] = field(default_factory=list)

    @property
    def mixed(self) -> list[Heard]:
        """Answers under the name of another belt than the one that they are from."""
        return [one for one in self.heard if one.row is not None and one.row != one.named]

    @property
    def failed(self) -> list[Heard]:
        return [one for one in self.heard if one.row is None]

    @property
    def answered_by(self) -> set[str]:
        return {one.row for one in self.heard if one.row is not None}


@contextmanager
def asking(url: str) -> Iterator[Consumers]:
    """While the block runs."""
    consumers, over = Consumers(url), Event()

    def keep() -> None:
        with plain.client(timeout=PATIENCE_S) as held:
            while not over.is_set():
                consumers.heard.append(once(held, url))
                with plain.client(timeout=PATIENCE_S) as fresh:
                    consumers.heard.append(once(fresh, url))
                over.wait(PAUSE_S)

    thread = Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield consumers
    finally:
        over.set()
        thread.join()


def once(client: httpx.Client, url: str) -> Heard:
    at = time.monotonic()
    try:
        answer = client.post(url, json=QUESTION)
        named = answer.headers.get("x-belt")
        if answer.status_code != httpx.codes.OK:
            return Heard(at=at, named=named, why=f"status {answer.status_code}")
        (row,) = answer.json()["data"]["who"]
        return Heard(at=at, named=named, row=row["name"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return Heard(at=at, why=repr(error))


def all_of(url: str, times: int = 3) -> set[str]:
    """Who answers now: the belts that rows come from, on a connection that is kept and on fresh ones."""
    found = set()
    with plain.client(timeout=PATIENCE_S) as held:
        for _ in range(times):
            with plain.client(timeout=PATIENCE_S) as fresh:
                found |= {one.row or one.why for one in (once(held, url), once(fresh, url))}
    return found
