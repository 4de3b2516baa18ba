"""One change of a belt at a time: the second one waits, says so, and then sees the result of the first.

The resources that the belts of a host share are assigned to one of them at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from belts.files import private_dir
from belts.locks import locked
from belts.refusal import Caught
from belts.runtimes.process import progress
from belts.runtimes.process.files.layout import Layout


class _Busy(Caught):
    """Another command works on the belt."""


@contextmanager
def of_belt(layout: Layout, *, busy: Callable[[Layout], None] | None = None) -> Iterator[None]:
    """Holds the belt's lock until the block ends. The kernel releases it if the holder dies."""
    private_dir(layout.root)
    with locked(layout.lock, busy=lambda: (busy or _waiting)(layout)):
        try:
            yield
        finally:
            if not layout.home.exists():
                layout.lock.unlink(missing_ok=True)


@contextmanager
def unless_busy(layout: Layout) -> Iterator[bool]:
    """Holds the belt's lock if it is free; else reports that and yields False without waiting."""
    holding = of_belt(layout, busy=_give_way)
    try:
        holding.__enter__()
    except _Busy:
        yield False
        return
    with ExitStack() as stack:
        stack.push(holding)
        yield True


def of_host(root: Path) -> AbstractContextManager[int]:
    """Holds the lock on what belts share, the ports and the memory, while some of it is assigned."""
    return locked(root, directory=True)


def _waiting(layout: Layout) -> None:
    progress.note(f"{layout.belt}: waiting for another command that works on this belt")


def _give_way(layout: Layout) -> None:
    raise _Busy(f"another command works on {layout.belt}")
