"""What a belt's relay says of itself to whoever judges the belt: whom it dials, and where its budget is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Relayed:
    """Scheme and host of what stands behind it, by chain, as the process that runs has read it."""

    dialled: Mapping[int, tuple[str, ...]]
    routes: Path
    """The file of its routes, beside which all who ask for the belt take their turns."""
