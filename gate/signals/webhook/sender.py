"""Sends a listener the ledger's moves in order, and waits while the listener or the ledger is away."""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from gate.ledger.errors import LedgerError
from gate.ledger.outbox import Announcement, Outbox
from gate.redact import Redactor
from gate.secret import Address
from gate.signals.webhook import backoff, payload
from gate.signals.webhook.attempt import Attempt, deliver

LOOK_SECONDS = 1.0
AWAY_SECONDS = 5.0

Open = Callable[[], AbstractContextManager[Outbox]]


class Sender:
    """One gateway's sender. A delivery that could not be recorded is remembered, and not repeated."""

    def __init__(
        self,
        *,
        listener: Address,
        key: bytes | None,
        outbox: Open,
        redactor: Redactor,
        stop: threading.Event,
    ) -> None:
        self._listener = listener
        self._key = key
        self._outbox = outbox
        self._redactor = redactor
        self._stop = stop
        self._unrecorded: tuple[Announcement, Attempt] | None = None
        self._complaint = ""

    def run(self) -> None:
        """Runs until stopped; an attempt under way is finished and recorded first."""
        while not self._stop.is_set():
            try:
                with self._outbox() as outbox:
                    self._complaint = ""
                    self._announce(outbox)
            except LedgerError as error:
                self._complain(error.brief)
                self._stop.wait(AWAY_SECONDS)

    def _announce(self, outbox: Outbox) -> None:
        while True:
            if self._unrecorded is not None:
                announcement, attempt = self._unrecorded
                outbox.record(announcement, status=attempt.status, error=attempt.error)
                self._unrecorded = None
            if self._stop.is_set():
                return
            oldest = outbox.oldest()
            if oldest is None:
                self._stop.wait(LOOK_SECONDS)
                continue
            left = backoff.remaining(oldest.attempts, oldest.rested)
            if left:
                self._stop.wait(left.total_seconds())
                continue
            self._unrecorded = (oldest, self._try(oldest))

    def _try(self, announcement: Announcement) -> Attempt:
        sent = payload.write(announcement, key=self._key, now=datetime.now(UTC))
        attempt = asyncio.run(deliver(self._listener, sent))
        after = announcement.attempts + 1
        again = "" if attempt.delivered else f"; again in {backoff.pause(after).total_seconds():g} s"
        move = f"{announcement.payload['kind']} of {announcement.payload['belt']}"
        _say(f"move {announcement.payload['move']}, {move}: attempt {after}: {attempt}{again}")
        return attempt

    def _complain(self, words: str) -> None:
        """Logs a complaint once, not every time."""
        told = self._redactor.text(words)
        if told != self._complaint:
            _say(f"{told}; it is asked again every {AWAY_SECONDS:g} s")
        self._complaint = told


def _say(text: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {text}\n")
