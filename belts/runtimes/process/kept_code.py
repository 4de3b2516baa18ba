"""The code that a belt's programs run: a copy of this release's, which no later release overwrites.

A checkout may be updated while its belts run, and what dies then restarts. From the checkout itself it would
restart as another program than the one that was proved.
"""

import functools
import hashlib
import os
import shutil
from pathlib import Path

from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused

ROOMS = ("belts", "gate")
"""The packages that the programs of a belt or a gateway consist of."""
DIGITS = 16
_MAKES_IT = "python -c 'from belts.runtimes.process import kept_code; kept_code.code()'"
"""Once the copy exists, any user who can read the checkout can run it."""


@functools.cache
def code() -> Path:
    """The folder of the copy, made at the first call. In a copy, that copy itself."""
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
    """A hash of the code, which differs as soon as any line does."""
    total = hashlib.sha256()
    files = [file for room in ROOMS for file in (checkout / room).rglob("*") if _counts(file)]
    for file in sorted(files):
        total.update(hashlib.sha256(str(file.relative_to(checkout)).encode()).digest())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:DIGITS]


def _counts(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts


def _copy(checkout: Path, place: Path) -> None:
    """Makes the copy appear whole or not at all; of two made at once, either is fine."""
    made = () if place.parent.is_dir() else (place.parent,)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        for room in ROOMS:
            # Keeps the files' times, so that their compiled code stays valid.
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
