"""Removes from a report's texts every known secret, and everything of a URL except scheme and host."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from gate.endpoints import Belt, Endpoints
from gate.secret import Address

HIDDEN = "***"
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>`\\]+")

# Shorter parts of a path are names such as `v1` or `graphql`, longer ones may be a provider's key.
KEY_LENGTH = 8


class Redactor:
    """Knows the secrets of one run, in every form in which a server may echo them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Sorts longer secrets first, so that a secret inside another leaves no rest of it."""
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text on one line, without secrets and without characters that steer a terminal."""
        return self._printed(" ".join(self._without(text).split()))

    def lines(self, text: str) -> str:
        """The same for a text of several lines, keeping its layout."""
        return "\n".join(self._printed(self._without(line)).rstrip() for line in text.splitlines())

    def _printed(self, text: str) -> str:
        """Removes secrets again without invisible characters, which may have hidden one."""
        if text.isprintable():
            return self._without(text)
        return self._without("".join(character for character in text if character.isprintable()))

    def _without(self, text: str) -> str:
        """The text without secrets."""
        if "://" in text:
            text = URL.sub(lambda match: _origin(match[0]), text)
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text

    def everywhere(self, value: Any) -> Any:
        """The same for every text inside of lists and maps."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.everywhere(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.everywhere(inner) for inner in value]
        return value


def beginning(text: str, address: Address, *, most: int = 200) -> str:
    """The beginning of an address's answer, redacted before it is cut: a cut key is no longer recognised."""
    return Redactor(secrets_of_url(address.reveal())).text(text)[:most]


def redactor_for(endpoints: Endpoints, others: Iterable[Address]) -> Redactor:
    """A redactor for one run's secrets: its endpoints, and the addresses in its policy."""
    belts = (endpoints.candidate, *([endpoints.serving] if endpoints.serving else []))
    secrets = secrets_of(belts)
    addresses = (*others, *([endpoints.alias] if endpoints.alias else []))
    keys = (key for address in addresses for key in secrets_of_url(address.reveal()))
    return Redactor([*secrets, *keys])


def secrets_of(belts: Iterable[Belt]) -> tuple[str, ...]:
    """The secrets of these belts."""
    return tuple(secret for belt in belts for secret in _of_belt(belt))


def _of_belt(belt: Belt) -> Iterator[str]:
    """The secrets of one belt."""
    if belt.admin_secret:
        yield belt.admin_secret.reveal()
    if belt.database:
        yield from secrets_of_url(belt.database.reveal())
    for address in filter(None, (belt.graphql, belt.metrics)):
        yield from secrets_of_url(address.reveal())


def secrets_of_url(url: str) -> Iterator[str]:
    """The password of a URL, and every part of its path and query that is long enough to be a key."""
    parts = urlsplit(url)
    if parts.password:
        yield unquote(parts.password)
    words = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    yield from (unquote(word) for word in words if len(word) >= KEY_LENGTH)


def _forms(secret: str) -> Iterator[str]:
    """A secret, and its usual encodings."""
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield html.escape(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield base64.b64encode(secret.encode()).decode()


def _origin(url: str) -> str:
    """Scheme and host of whatever looks like a URL."""
    rest = url[len(url.rstrip(".,;:!?)]}")) :]
    try:
        return f"{Address(url.removesuffix(rest))}{rest}" if rest else str(Address(url))
    except ValueError:
        return HIDDEN
