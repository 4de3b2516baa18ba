"""Short requests to hosts that may not be reachable: an answer in time, or the reason for none."""

import threading
import urllib.error
import urllib.request
from dataclasses import dataclass

LARGEST = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The text that a host answered."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoAnswer:
    """Why a host gave no usable answer."""

    reason: str


def ask(url: str, *, within: float, method: str = "GET") -> Answer | NoAnswer:
    """Requests one small text. A name lookup has no time limit, so it runs in a thread of its own."""
    told: list[Answer | NoAnswer] = []

    def read() -> None:
        request = urllib.request.Request(url, method=method)  # noqa: S310 - the URLs are our own
        try:
            with urllib.request.urlopen(request, timeout=within) as answer:  # noqa: S310
                told.append(Answer(text=answer.read(LARGEST).decode(errors="replace")))
        except (OSError, ValueError) as error:
            told.append(NoAnswer(reason=f"{url} cannot be read ({_words(error)})"))

    asking = threading.Thread(target=read, daemon=True)
    asking.start()
    asking.join(within)
    return told[0] if told else NoAnswer(reason=f"{url} did not answer within {within:g} s")


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error) or type(error).__name__
