"""The code that a belt's programs run: a copy of this release's, which no later release writes over.

A checkout is pulled while its belts run, and what dies then comes back. From the checkout itself it would
come back as another program than the one that was proved.
"""

import functools
import hashlib
import os
import shutil
from pathlib import Path

from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused

ROOMS = ("belts", "gate")
"""What programs of a belt or a gateway are made of."""
DIGITS = 16
_MAKES_IT = "python -c 'from belts.runtimes.process import kept_code; kept_code.code()'"
"""Once it is there, whoever may read the checkout runs it."""


@functools.cache
def code() -> Path:
    """Where it lies; made when it is asked for first. What is a copy itself is the copy."""
    if toolchain.CODE != toolchain.CHECKOUT:
        return toolchain.CODE
    place = toolchain.CHECKOUT / ".tools" / "code" / digest(toolchain.CHECKOUT)
    if not (place / toolchain.COPIED_FROM).is_file():
        try:
            _copy(toolchain.CHECKOUT, place)
        except OSError as fault:
            raise Refused(
                "this release's code cannot be kept for what runs it",
                expected=f"a folder that can be written: {place.parent}",
                seen=str(fault),
                now=f"make room; or, as who may write there, `cd {toolchain.CHECKOUT} && {_MAKES_IT}`. Then"
                " run the same again",
            ) from fault
    return place


def digest(checkout: Path) -> str:
    """Another one as soon as a line of the code is another."""
    total = hashlib.sha256()
    files = [file for room in ROOMS for file in (checkout / room).rglob("*") if _counts(file)]
    for file in sorted(files):
        total.update(hashlib.sha256(str(file.relative_to(checkout)).encode()).digest())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:DIGITS]


def _counts(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts


def _copy(checkout: Path, place: Path) -> None:
    """It appears whole, or not at all; of two that make it at once either is as good."""
    made = () if place.parent.is_dir() else (place.parent,)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        for room in ROOMS:
            # With the times of the files, by which what is compiled of them already stays of use.
            shutil.copytree(checkout / room, fresh / room)
        (fresh / toolchain.COPIED_FROM).write_text(str(checkout))
        for folder in (*made, fresh):  # another owner's is as he wants it
            folder.chmod(0o755)
        if not (place / toolchain.COPIED_FROM).is_file():
            fresh.rename(place)
    except OSError:
        if not (place / toolchain.COPIED_FROM).is_file():
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
