"""What a belt's relay leads to: which URL of which chain stands behind each of its paths."""

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
    """One URL that a chain is indexed from; it may hold a key."""

    chain: int
    url: str = field(repr=False)

    @property
    def provider(self) -> str:
        """Who stands behind it."""
        return provider_of(self.url)


@dataclass(frozen=True, kw_only=True, slots=True)
class Routes:
    """All of them, under a word that only who is told it can put into a URL."""

    word: str = field(repr=False)
    rate: int
    upstreams: tuple[Upstream, ...]

    def path(self, number: int) -> str:
        """Where the relay takes questions for an upstream."""
        return f"/{self.word}/{number}"

    @property
    def by_chain(self) -> Mapping[int, tuple[str, ...]]:
        """The URLs of each chain."""
        chains = dict.fromkeys(one.chain for one in self.upstreams)
        return {chain: tuple(one.url for one in self.upstreams if one.chain == chain) for chain in chains}


def write(file: Path, routes: Routes) -> None:
    """For its owner alone."""
    upstreams = [{"chain": one.chain, "url": one.url} for one in routes.upstreams]
    write_private_json(file, {"word": routes.word, "rate": routes.rate, "upstreams": upstreams})


def read(file: Path) -> Routes:
    """Raises `OSError` or `ValueError` where there are none."""
    try:
        told: dict[str, Any] = read_json(file) or {}
        upstreams = tuple(Upstream(chain=int(one["chain"]), url=str(one["url"])) for one in told["upstreams"])
        return Routes(word=str(told["word"]), rate=int(told["rate"]), upstreams=upstreams)
    except (KeyError, TypeError) as fault:
        raise ValueError(f"no routes of a relay in {file}") from fault


def allowance(file: Path) -> Allowance:
    """What all who ask for the belt take from, beside the file of its routes."""
    told = read(file)
    providers = frozenset(one.provider for one in told.upstreams)
    return Allowance(file=file.with_name(ALLOWANCE), rate=told.rate, providers=providers)
