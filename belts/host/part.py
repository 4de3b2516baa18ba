"""What can be done with a part, whatever its kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from belts.host.layout import Layout


def later(name: str) -> Callable[..., Any]:
    """A function of a module here that is loaded when it is called.

    The client of Postgres takes longer to load than most commands take that do without.
    """
    module, _, function = name.partition(".")

    def call(*arguments: Any) -> Any:
        return getattr(import_module(f"belts.host.{module}"), function)(*arguments)

    return call


def _nothing_more_to_check(_layout: Layout, _body: Any) -> None:
    """Ports and memory are looked at for every part; most need no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """`check` refuses and touches nothing, `apply` makes it so and waits for it, `remove` leaves nothing
    of it.
    """

    apply: Callable[[Layout, Any], Mapping[str, Any]]
    remove: Callable[[Layout], None]
    check: Callable[[Layout, Any], None] = _nothing_more_to_check
