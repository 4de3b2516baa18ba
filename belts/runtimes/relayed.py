"""What a belt's relay reports to judges of the belt: its upstreams, and where its budget is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Relayed:
    """Scheme and host of its upstreams, by chain, as the running process has read them."""

    dialled: Mapping[int, tuple[str, ...]]
    routes: Path
    """The file of its routes, beside which all requests for the belt take turns."""
