"""Tells whether a release of Envio behaves like one that belts know, by running it.

    python -m belts verify-envio [PROJECT] [--installed] [--to DIRECTORY] [--root DIRECTORY]
                                 [--kills N] [--seed N]

PROJECT is a directory whose package.json and lock file name the release; without it, the example in this
checkout. What is seen is written to DIRECTORY (by default .belts/verify-envio) after each step. The release
is run as it is: do this where nothing lies that it should not read.
Exit codes: 0 it behaves like a known release; 1 it does not; 2 usage; 3 something could not be looked at.
"""

import argparse
import json
import random
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from belts.envio.package import EXACT
from belts.envio.package import FILE as PACKAGE
from belts.envio.release import KNOWN, METRICS
from belts.envio.verify.differences import Compared, compared
from belts.envio.verify.likeness import like
from belts.envio.verify.recorded_facts import facts as recorded
from belts.envio.verify.release_facts import Facts, complete, written
from belts.files import private_dir, replace
from belts.refusal import Refusal
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.progress import note
from belts.runtimes.process.verify import report, stage
from belts.runtimes.process.verify.stage import Wanted
from belts.runtimes.process.verify.suite import Suite

NAME = "verify-envio"
DEFAULT = Path(".belts") / NAME
EXAMPLE = Path("examples") / "indexer"
FAILED, INTERRUPTED = 1, 130
KILLS = 3


def main(argv: Sequence[str]) -> int:
    """Run the verification, and report its result."""
    arguments = _arguments(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(arguments)
    except Refusal as refusal:
        note(str(refusal))
        return FAILED
    except KeyboardInterrupt:
        note(
            "interrupted: nothing is left running; what was seen so far is kept, and the same run begins anew"
        )
        return INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    to, asked = arguments.to.resolve(), _wanted(arguments)
    version = asked.release.version
    root, file = (arguments.root or to / "run").resolve(), private_dir(to) / f"{version}.json"

    def keep(facts: Facts) -> None:
        replace(file, written(facts), lasting=False)

    note(f"Envio {version} of {asked.project}; what is seen of it goes to {file}")
    with stage.up(root / version, asked) as up:
        facts = Suite(stage=up, keep=keep).run()
    return _told(compared(complete(facts), recorded()), to / f"{version}.differences.txt")


def wanted(argv: Sequence[str]) -> Wanted:
    """Parses a command line into what it asks for, without bringing anything up."""
    return _wanted(_arguments(argv))


def _wanted(arguments: argparse.Namespace) -> Wanted:
    project = arguments.project.resolve()
    version = _built(project) if arguments.installed else _pinned(project)
    release = like(version)
    if release is None:
        raise Refused(
            f"Envio {version} is of no generation that belts know, so that it cannot be tried as one",
            expected=f"a release near one of {KNOWN}",
            seen=version,
            now="add what differs to belts/envio/release.py, then run the same again",
        )
    drawn = random.SystemRandom().randrange(10**6) if arguments.seed is None else arguments.seed
    return Wanted(
        release=release, project=project, kills=arguments.kills, drawn=drawn, installed=arguments.installed
    )


def _told(found: Compared, file: Path) -> int:
    text = report.text(found)
    replace(file, text, lasting=False)
    sys.stdout.write(text)
    return found.standing.value


def _pinned(project: Path) -> str:
    """The release that a project's package.json pins."""
    version = _read(project, project / PACKAGE, lambda content: content.get("dependencies", {}).get("envio"))
    if not (isinstance(version, str) and EXACT.fullmatch(version)):
        raise _no_project(project, f"envio {version!r} in its {PACKAGE}")
    return version


def _built(project: Path) -> str:
    """The release in the project's node_modules."""
    file = project / "node_modules" / "envio" / PACKAGE
    return METRICS.plain(str(_read(project, file, lambda content: content["version"])))


def _read(project: Path, file: Path, what: Callable[[dict[str, Any]], Any]) -> Any:
    try:
        return what(json.loads(file.read_text()))
    except (OSError, ValueError, AttributeError, KeyError) as fault:
        raise _no_project(project, str(fault)) from fault


def _no_project(project: Path, seen: str) -> Refused:
    return Refused(
        f"which Envio is meant by {project} cannot be told",
        expected=f"a {PACKAGE} that pins one exact version of envio, and a lock file beside it; with"
        " --installed, envio in its node_modules",
        seen=seen,
        now="in the project, `npm install --save-exact envio@VERSION && npx envio codegen && npm install`",
    )


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m belts {NAME}",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("project", nargs="?", type=Path, default=toolchain.CHECKOUT / EXAMPLE)
    parser.add_argument("--to", type=Path, default=DEFAULT, help="where what is seen is written")
    parser.add_argument(
        "--root", type=Path, help="where its belt lives meanwhile; a short path, as sockets lie there"
    )
    parser.add_argument(
        "--installed",
        action="store_true",
        help="run what lies in the project's node_modules, such as a checkout that somebody has built",
    )
    parser.add_argument(
        "--kills", type=_count, default=KILLS, help="of the indexer, and as many of its Postgres"
    )
    parser.add_argument("--seed", type=int, help="draws the moments of the kills; the report names it")
    return parser.parse_args(argv)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {text}")
    return count
