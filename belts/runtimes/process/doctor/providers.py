"""Asks the providers of a belt what they serve and how far they are, all at once and each only briefly."""

import json
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from belts.envio.sources import origin
from belts.refusal import Caught
from belts.runtimes.process.doctor.symptoms import Provider
from belts.runtimes.process.seed.sources import AT_ONCE, HEADERS, SECONDS

APART = 10
"""The time per block is measured over this many blocks."""
BUSY = 429
WITHOUT_BODIES = False
"""A block is asked for without the bodies of its transactions."""


class _Trouble(Caught):
    """A provider's error in place of an answer."""

    def __init__(self, words: str, *, untrusted: bool = False, busy: bool = False) -> None:
        """Keep what the provider's entry reports."""
        super().__init__(words)
        self.words, self.untrusted, self.busy = words, untrusted, busy


def look(sources: Mapping[int, tuple[str, ...]]) -> tuple[Provider, ...]:
    asked = [(chain, url) for chain, urls in sorted(sources.items()) for url in urls]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return tuple(threads.map(lambda one: _one(*one), asked))


def _one(chain: int, url: str) -> Provider:
    serves = head = age = interval = None
    try:
        serves = _chain(url)
        newest = _block(url, "latest")
        head, age = newest[0], max(0.0, time.time() - newest[1])
        if head > APART:
            interval = (newest[1] - _block(url, hex(head - APART))[1]) / APART
    except _Trouble as why:
        return Provider(
            chain=chain,
            origin=origin(url),
            serves=serves,
            head=head,
            trouble=why.words,
            untrusted=why.untrusted,
            busy=why.busy,
        )
    return Provider(chain=chain, origin=origin(url), serves=serves, head=head, age_s=age, interval_s=interval)


def _chain(url: str) -> int:
    try:
        return int(_ask(url, "eth_chainId"), 16)
    except (TypeError, ValueError):
        raise _Trouble("a chain id that is no number") from None


def _block(url: str, tag: str) -> tuple[int, int]:
    """Number and timestamp of a block."""
    found = _ask(url, "eth_getBlockByNumber", tag, WITHOUT_BODIES)
    try:
        return int(found["number"], 16), int(found["timestamp"], 16)
    except (TypeError, KeyError, ValueError):
        raise _Trouble("a block without number or time") from None


def _ask(url: str, method: str, *params: object) -> Any:
    """The result of a call; reads errors under any HTTP status, since providers use several."""
    question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    status = 200
    try:
        with urlopen(Request(url, question, HEADERS), timeout=SECONDS) as answer:  # noqa: S310 -- http and https only
            text = answer.read(1 << 20)
    except HTTPError as why:
        status, text = why.code, why.read(1 << 16)
    except URLError as why:
        untrusted = isinstance(why.reason, ssl.SSLCertVerificationError)
        raise _Trouble(f"no answer ({why.reason})", untrusted=untrusted) from None
    except (OSError, ValueError) as why:
        raise _Trouble(f"no answer ({why or type(why).__name__})") from None
    try:
        told = json.loads(text)
    except ValueError:
        raise _Trouble(f"status {status} and no JSON", busy=status == BUSY) from None
    if isinstance(told, dict) and told.get("result") is not None and status < 400:
        return told["result"]
    error = told.get("error") if isinstance(told, dict) else None
    words = str(error.get("message", error) if isinstance(error, dict) else error or "no result")[:200]
    busy = status == BUSY or any(each in words.lower() for each in ("rate limit", "too many requests"))
    raise _Trouble(f"status {status}: {words}", busy=busy)
