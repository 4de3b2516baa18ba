"""Which gateways lead consumers to a belt by its name: while one does, the belt stays as it is.

Otherwise whoever takes the belt's port would answer in its name.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from belts.runtimes.process.files.layout import homes
from belts.spec import byway
from belts.spec.gateway import alias_of


def to(home: Path, now: datetime) -> Iterator[str]:
    """In words, with the command that closes each; what cannot be read may lead there."""
    for gateway in homes(home.parent):
        file = alias_of(gateway) / "current" / byway.FILE
        try:
            lines = tuple(byway.parse(file.read_text()))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as fault:
            yield f"which belts {gateway.name} leads to by their names cannot be read: {fault}"
            continue
        close = f"`python -m gate byway --root {home.parent} --gateway {gateway.name} --close {home.name}`"
        yield from (
            f"{line.words} at {gateway.name} ({close} closes it)"
            for line in lines
            if line.belt == home.name and line.until > now.timestamp()
        )
