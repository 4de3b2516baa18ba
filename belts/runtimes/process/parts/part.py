"""The operations that every part supports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from belts.runtimes.process.files.layout import Layout


class Module(Protocol):
    """`apply` makes the part as requested and waits for it; `remove` leaves nothing of it behind."""

    def apply(self, layout: Layout, request: Any, /) -> Mapping[str, Any]:
        """Makes the part match the request."""

    def remove(self, layout: Layout, /) -> None:
        """Removes the part."""


def _nothing_more_to_check(_layout: Layout, _body: Any) -> None:
    """Ports and memory are checked for every part; most need no further check."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part by its module, which is loaded when needed; `check` refuses and changes nothing."""

    module: Callable[[], Module]
    check: Callable[[Layout, Any], None] = _nothing_more_to_check

    def apply(self, layout: Layout, body: Any) -> Mapping[str, Any]:
        """Makes the part match the request."""
        return self.module().apply(layout, body)

    def remove(self, layout: Layout) -> None:
        """Removes the part."""
        self.module().remove(layout)
