"""The example indexer in the form that each release of Envio reads: one source and the differences.

ENVIO sets the release that the demo and the tests run; without it, the one that `indexer/` is written for.
"""

import functools
import json
import os
import re
import shutil
from pathlib import Path

from belts.envio.release import HOW_TO_VERIFY, KNOWN, RELEASES, EnvioRelease
from belts.files import remove_tree
from belts.refusal import Refusal

INDEXER = Path(__file__).resolve().parent / "indexer"
LOCKS = INDEXER.parent / "locks"
MADE = INDEXER.parents[1] / ".belts" / "examples"
NOT_COPIED = ("generated", "node_modules")
VARIABLE = "ENVIO"
LOCK, PACKAGE = "package-lock.json", "package.json"
OLDER = (
    (re.compile(r"^chains:", re.MULTILINE), "networks:"),
    (re.compile(r"\bmax_reorg_depth:"), "confirmed_block_threshold:"),
    (re.compile(r"^ *polling_interval: .*\n", re.MULTILINE), ""),
    (re.compile(r"^(?=rollback_on_reorg:)", re.MULTILINE), "unordered_multichain_mode: true\n"),
)
"""What differs in a config that has its chains under `networks`.

It has other names, lacks an option, and has to ask for the chains' independence: by default it processes all
chains in one order, so that a fast chain waits for every block of the slowest.
"""
COMMON_JS = {"devDependencies": {"typescript": "5.2.2"}}
"""The compiler of handlers there; the release accepts any version, but the newest cannot compile them."""


def version() -> str:
    """The chosen release."""
    wanted = os.environ.get(VARIABLE) or own()
    if wanted not in RELEASES:
        raise Refusal(
            "the example indexer has no form for this release of Envio",
            expected=f"{VARIABLE} to be one of {KNOWN}",
            seen=wanted,
            now=f"choose one of these, or leave {VARIABLE} out; to verify another one, {HOW_TO_VERIFY}",
        )
    return wanted


def own() -> str:
    """The release that `indexer/` itself is written for."""
    return str(json.loads((INDEXER / PACKAGE).read_text())["dependencies"]["envio"])


def project() -> Path:
    """The example in the form of the chosen release."""
    return INDEXER if version() == own() else _made(version())


@functools.cache
def _made(wanted: str) -> Path:
    """Makes the project completely or not at all; if two make it at once, either result is right."""
    place = MADE / wanted
    draft = MADE / f".{wanted}.{os.getpid()}"
    MADE.mkdir(parents=True, exist_ok=True)
    remove_tree(draft)
    write(RELEASES[wanted], draft)
    if not place.is_dir() or _content(place) != _content(draft):
        remove_tree(place)
        draft.rename(place)
    remove_tree(draft)
    return place


def write(release: EnvioRelease, into: Path) -> Path:
    """A copy of the example in the form of a release."""
    shutil.copytree(INDEXER, into, ignore=shutil.ignore_patterns(*NOT_COPIED))
    if release.version == own():
        return into
    shutil.copy(LOCKS / f"{release.version}.json", into / LOCK)
    package = json.loads((into / PACKAGE).read_text())
    package["dependencies"]["envio"] = release.version
    if release.config.chains == "networks":
        package = {key: value for key, value in package.items() if key != "type"} | COMMON_JS
        for config in into.glob("config.*.yaml"):
            text = config.read_text()
            for old, new in OLDER:
                text = old.sub(new, text)
            config.write_text(text)
        for handler in (into / "src").glob("*.ts"):
            handler.write_text(handler.read_text().replace("HandlerContext", "handlerContext"))
    (into / PACKAGE).write_text(json.dumps(package, indent=2) + "\n")
    return into


def _content(place: Path) -> dict[str, bytes]:
    return {str(file.relative_to(place)): file.read_bytes() for file in place.rglob("*") if file.is_file()}
