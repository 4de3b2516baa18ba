"""What can be done with a part, whatever its kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from belts.runtimes.process.files.layout import Layout


class Module(Protocol):
    """`apply` makes it so and waits for it, `remove` leaves nothing of it."""

    def apply(self, layout: Layout, request: Any, /) -> Mapping[str, Any]:
        """Makes the part what the request says."""

    def remove(self, layout: Layout, /) -> None:
        """Ends the part."""


def _nothing_more_to_check(_layout: Layout, _body: Any) -> None:
    """Ports and memory are looked at for every part; most need no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part by its module, which is loaded when it is needed; `check` refuses and touches nothing."""

    module: Callable[[], Module]
    check: Callable[[Layout, Any], None] = _nothing_more_to_check

    def apply(self, layout: Layout, body: Any) -> Mapping[str, Any]:
        """Makes it what was asked for."""
        return self.module().apply(layout, body)

    def remove(self, layout: Layout) -> None:
        """Ends it."""
        self.module().remove(layout)
