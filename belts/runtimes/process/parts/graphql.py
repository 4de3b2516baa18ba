"""Asks a GraphQL engine as its admin, or as a role; failures are returned as words."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from belts.runtimes.process.files.secrets import Secrets

ANSWER_S = 10.0
SHOWN = 200
AGENT = "belts-host"
"""The user agent by which an engine recognizes that this is not a reader."""
FIELDS = "{ __schema { queryType { fields { name } } } }"


def ask(url: str, secret: str, query: str, *, role: str = "") -> dict[str, Any] | str:
    """The data of an answer; a description for a redirect, an HTML page, or errors beside data."""
    answer = _exchange("POST", url, secret, body=json.dumps({"query": query}), role=role)
    if isinstance(answer, str):
        return answer
    return answer.get("data") or f"no data: {_shown(json.dumps(answer), secret)}"


def served(url: str, secret: str, *, role: str) -> frozenset[str] | str:
    """What can be queried as this role."""
    data = ask(url, secret, FIELDS, role=role)
    if isinstance(data, str):
        return data
    return frozenset(field["name"] for field in data["__schema"]["queryType"]["fields"])


def readers(url: str, secret: str) -> dict[str, Any] | str:
    """The recent readers of the embedded engine."""
    return _exchange("GET", url.removesuffix("/graphql") + "/readers", secret)


def export(url: str, secret: str) -> dict[str, Any] | str:
    """All the metadata of an engine."""
    return _metadata(url, secret, {"type": "export_metadata", "args": {}})


def replace(url: str, secret: str, metadata: dict[str, Any]) -> str | None:
    """Replaces the metadata of an engine at once; returns why it failed, or None."""
    answer = _metadata(url, secret, {"type": "replace_metadata", "args": metadata})
    return answer if isinstance(answer, str) else None


def instance(url: str, secret: str) -> str | None:
    """The catalogue id of a Hasura, which is the same under any name; None if it gives none."""
    answer = _metadata(url, secret, {"type": "get_catalog_state", "args": {}})
    found = answer.get("id") if isinstance(answer, dict) else None
    return found if isinstance(found, str) and found else None


def _metadata(url: str, secret: str, command: dict[str, Any]) -> dict[str, Any] | str:
    return _exchange("POST", url.removesuffix("/graphql") + "/metadata", secret, body=json.dumps(command))


def _exchange(
    method: str, url: str, secret: str, *, body: str | None = None, role: str = ""
) -> dict[str, Any] | str:
    where = urlsplit(url)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    connection = kind(where.hostname or "", where.port, timeout=ANSWER_S)
    headers = {"Content-Type": "application/json", "User-Agent": AGENT, "X-Hasura-Admin-Secret": secret}
    headers |= {"X-Hasura-Role": role} if role else {}
    try:
        connection.request(method, where.path or "/", body, headers)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        answer = json.loads(text)
    except (OSError, http.client.HTTPException) as why:
        return f"no answer ({why or type(why).__name__})"
    except ValueError:
        return f"status {response.status} and no JSON: {_shown(text, secret)}"
    finally:
        connection.close()
    if response.status != 200 or not isinstance(answer, dict) or "errors" in answer:
        return f"status {response.status}: {_shown(text, secret)}"
    return answer


def _shown(text: str, secret: str) -> str:
    """The beginning of an answer, without the secret, which some servers echo."""
    return Secrets({"asked with": secret}).redact(text)[:SHOWN]
