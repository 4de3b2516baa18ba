"""A text formed from a log: what a handler writes into a column, as the policy declares it."""

import re
from dataclasses import dataclass

HOLE = re.compile(r"\{\s*(\w+)\s*(?:/\s*1e(\d{1,3})\s*|:\s*(text)\s*)?\}")
PLACES = ("chainId", "blockNumber", "logIndex", "transactionHash", "address", "blockTimestamp")
"""The values that every log has, whatever its event."""
EXPECTED = "a text with {argument}, {argument/1e18} or {argument:text} in it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hole:
    """A value of the log: unchanged, divided by a power of ten, or as the text in a `bytes32`."""

    name: str
    scale: int = 0
    as_text: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """Literal texts and holes."""

    text: str
    parts: tuple[str | Hole, ...]

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The values that it is formed from."""
        return tuple(part for part in self.parts if isinstance(part, Hole))

    @property
    def only(self) -> Hole | None:
        """The one value that makes up the whole text, if there is nothing else."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], Hole) else None

    def holds(self, name: str) -> bool:
        """True if it contains a value unchanged."""
        return Hole(name=name) in self.parts


def template(text: str) -> Template:
    """Parses a template; everything that is not a hole is literal."""
    parts: list[str | Hole] = []
    end = 0
    for match in HOLE.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()])
        parts.append(Hole(name=match[1], scale=int(match[2] or 0), as_text=match[3] is not None))
        end = match.end()
    if end < len(text):
        parts.append(text[end:])
    return Template(text=text, parts=tuple(parts))
