"""The upstreams of a belt's relay: which URL of which chain is behind each of its paths."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from belts.files import read_json, write_private_json
from belts.provider.allowance import Allowance
from belts.provider.naming import provider_of

ALLOWANCE = "allowance.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Upstream:
    """One URL that a chain is indexed from; it may contain a key."""

    chain: int
    url: str = field(repr=False)

    @property
    def provider(self) -> str:
        """Its provider."""
        return provider_of(self.url)


@dataclass(frozen=True, kw_only=True, slots=True)
class Routes:
    """All upstreams, under a secret word that is part of the relay's URLs."""

    word: str = field(repr=False)
    rate: int
    upstreams: tuple[Upstream, ...]

    def path(self, number: int) -> str:
        """The relay's path for an upstream."""
        return f"/{self.word}/{number}"

    @property
    def by_chain(self) -> Mapping[int, tuple[str, ...]]:
        """The URLs of each chain."""
        chains = dict.fromkeys(one.chain for one in self.upstreams)
        return {chain: tuple(one.url for one in self.upstreams if one.chain == chain) for chain in chains}


def write(file: Path, routes: Routes) -> None:
    """Writes them, readable for the owner alone."""
    upstreams = [{"chain": one.chain, "url": one.url} for one in routes.upstreams]
    write_private_json(file, {"word": routes.word, "rate": routes.rate, "upstreams": upstreams})


def read(file: Path) -> Routes:
    """Reads them; raises `OSError` or `ValueError` if that fails."""
    try:
        told: dict[str, Any] = read_json(file) or {}
        upstreams = tuple(Upstream(chain=int(one["chain"]), url=str(one["url"])) for one in told["upstreams"])
        return Routes(word=str(told["word"]), rate=int(told["rate"]), upstreams=upstreams)
    except (KeyError, TypeError) as fault:
        raise ValueError(f"no routes of a relay in {file}") from fault


def allowance(file: Path) -> Allowance:
    """The allowance that the belt's processes share, beside the file of its routes."""
    told = read(file)
    providers = frozenset(one.provider for one in told.upstreams)
    return Allowance(file=file.with_name(ALLOWANCE), rate=told.rate, providers=providers)
