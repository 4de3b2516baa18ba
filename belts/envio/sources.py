"""The URLs that a project indexes each chain from, in its config, with variables filled in."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from belts.reading.yaml import document

SOURCES = ("rpc", "rpc_config", "hypersync_config")
"""The keys of a chain's sources."""
VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)(?::?-([^}]*))?\}")


def sources(project: Path, config: str, env: Mapping[str, str]) -> dict[int, tuple[str, ...]]:
    """The URLs by chain; leaves out what has no URL, or an unset variable."""
    return {
        number: tuple(
            url for told in _urls(chain) if (url := filled(told, env)).startswith(("http://", "https://"))
        )
        for number, chain in _chains(project, config)
    }


def origins(project: Path, config: str, env: Mapping[str, str]) -> dict[int, tuple[str, ...]]:
    """Scheme and host of all sources of each chain: its RPCs, and Envio's own service.

    Envio uses that service unless an RPC is marked for sync.
    """
    known = sources(project, config, env)
    found = {}
    for number, chain in _chains(project, config):
        urls = [*known[number], *([] if _syncs_by_rpc(chain) else [_service(number, chain, env)])]
        found[number] = tuple(dict.fromkeys(map(origin, filter(None, urls))))
    return found


def by_service(project: Path, config: str) -> tuple[int, ...]:
    """The chains whose history comes from Envio's own service."""
    return tuple(number for number, chain in _chains(project, config) if not _syncs_by_rpc(chain))


def origin(url: str) -> str:
    """Scheme and host; the rest of a URL may be a key."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"


def _chains(project: Path, config: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    found = document((project / config).read_text("utf-8"), name=config, merges=False)
    for chain in _list(found, "chains") or _list(found, "networks"):
        if isinstance(chain, Mapping) and isinstance(chain.get("id"), int):
            yield chain["id"], chain


def _syncs_by_rpc(chain: Mapping[str, object]) -> bool:
    """Whether the history comes from RPCs only."""
    told = chain.get("rpc")
    each = told if isinstance(told, list) else [told]
    return bool(chain.get("rpc_config")) or any(
        isinstance(one, Mapping) and one.get("for") == "sync" for one in each
    )


def _service(number: int, chain: Mapping[str, object], env: Mapping[str, str]) -> str:
    """Envio's own service for a chain; empty if a variable of its URL is not set."""
    told = chain.get("hypersync_config")
    url = told.get("url") if isinstance(told, Mapping) else None
    return filled(url, env) if isinstance(url, str) else f"https://{number}.hypersync.xyz"


def _list(document: Mapping[str, object], key: str) -> list[object]:
    found = document.get(key)
    return found if isinstance(found, list) else []


def _urls(chain: Mapping[str, object]) -> Iterator[str]:
    """The URLs in the forms of all releases: `rpc` as a text, a map or a list, and `rpc_config.url`."""
    for told in (chain.get("rpc"), chain.get("rpc_config")):
        for each in told if isinstance(told, list) else [told]:
            url = each.get("url") if isinstance(each, Mapping) else each
            yield from (one for one in (url if isinstance(url, list) else [url]) if isinstance(one, str))


def unset(text: str, env: Mapping[str, str]) -> list[str]:
    """The variables of a text that are not set and have no default."""
    return [name for name, default in VARIABLE.findall(text) if not env.get(name) and not default]


def filled(text: str, env: Mapping[str, str]) -> str:
    """A text with its variables filled in; empty if one is unset without a default."""
    return "" if unset(text, env) else VARIABLE.sub(lambda match: env.get(match[1]) or match[2], text)
