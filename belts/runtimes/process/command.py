"""The command by which everything on this host is done.

    python -m belts apply|check|remove|check-remove < request.json
    python -m belts remove --all [--acknowledge-readers] --root ROOT BELT
    python -m belts heal --root ROOT [BELT]
    python -m belts keep [--once] [--patience SECONDS] --root ROOT [BELT]
    python -m belts base-backup --root ROOT BELT --to DIRECTORY
    python -m belts bind --root ROOT BELT
    python -m belts drain --root ROOT BELT
    python -m belts adopt --root ROOT
    python -m belts readers --root ROOT [BELT]
    python -m belts status --root ROOT [BELT] [--json]
    python -m belts doctor --root ROOT [BELT] [--json]
    python -m belts plan OLD NEW             what a change of an Envio project means; see its own --help
    python -m belts verify-envio [PROJECT]   whether a release of Envio behaves like a known one; the same

Progress and refusals go to stderr; the result of `apply` is one JSON line on stdout, that of `check-remove`
one line for each who would be cut off, that of `check` what of the belt's rows changes or goes.
Exit codes: 0 done, 1 refused or failed, 2 the request or the command line is wrong; of `doctor`:
0 nothing is seen, 1 something is wrong, 3 nothing is seen but not everything could be looked at.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from belts.refusal import Refusal, Relayed, told
from belts.runtimes.process import binding, status, verbs
from belts.runtimes.process.errors import BadRequest, Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import elsewhere, readers
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import drain
from belts.runtimes.process.wire import recorded, request

DEFAULT_ROOT = Path(".belts/hosts")
BY_THEMSELVES = {"plan": "belts.plan.command", "verify-envio": "belts.runtimes.process.verify.command"}
"""Commands with arguments of their own: what they load, nothing else here needs."""
PATIENCE_S = 60.0
LEAST_PATIENCE_S = 1.0


def main(argv: Sequence[str]) -> int:
    if argv[:1] and argv[0] in BY_THEMSELVES:
        command: ModuleType = import_module(BY_THEMSELVES[argv[0]])
        return int(command.main(argv[1:]))
    arguments = _arguments(argv)
    try:
        return _run(arguments)
    except BadRequest as mistake:
        note(str(mistake))
        return 2
    except (Refusal, Relayed) as refusal:
        note(str(refusal))
        return 1
    except OSError as fault:
        note(
            told(
                "the belts of this host cannot be reached",
                expected="files that can be read and written",
                seen=str(fault),
                now="see to it, then run the same again",
            )
        )
        return 1
    except KeyboardInterrupt:
        note("interrupted; run the same again and it goes on from here")
        return 130


def _run(arguments: argparse.Namespace) -> int:
    """The exit code: of most verbs it is that they have ended."""
    match arguments.verb:
        case "doctor":
            return _doctor(_layouts(arguments), as_json=arguments.json)
        case "apply":
            _apply(sys.stdin.read())
        case "check":
            for told in verbs.check(request.parse_all(sys.stdin.read())):
                print(told)
        case "remove" if arguments.all:
            verbs.remove_belt(_layout(arguments), everybody=arguments.acknowledge_readers)
        case "remove":
            verbs.remove(request.parse(sys.stdin.read()))
        case "check-remove":
            for reader in verbs.check_remove(request.parse(sys.stdin.read())):
                print(reader)
        case "adopt":
            verbs.adopt(arguments.root.resolve())
        case _:
            _run_by_name(arguments)
    return 0


def _run_by_name(arguments: argparse.Namespace) -> None:
    """What is asked of belts by their names, not by a request."""
    match arguments.verb:
        case "status":
            layouts = _layouts(arguments)
            print(json.dumps(status.as_json(layouts)) if arguments.json else status.as_table(layouts))
        case "readers":
            for layout in _layouts(arguments):
                for reader in readers.of_belt(layout):
                    print(f"{layout.belt}: {reader}")
        case "heal":
            verbs.heal(_layouts(arguments))
        case "keep" if arguments.once:
            _keeper().once(_layouts(arguments))
        case "keep":
            _keeper().keep(arguments.root.resolve(), patience_s=arguments.patience)
        case "base-backup":
            _base_backup(_layouts(arguments)[0], arguments.to.resolve())
        case "bind":
            verbs.bind(_layouts(arguments)[0])
        case "drain":
            drain.demand(_layout(arguments))


def _keeper() -> ModuleType:
    from belts.runtimes.process.keep import keeper  # noqa: PLC0415 -- it asks every kind of part

    return keeper


def _doctor(layouts: Sequence[Layout], *, as_json: bool) -> int:
    from belts.runtimes.process.doctor import looking, report  # noqa: PLC0415 -- it asks every kind of part

    looks = [looking.look(layout) for layout in layouts]
    print(json.dumps(report.as_json(looks)) if as_json else report.as_text(looks))
    return report.exit_code(looks)


def _base_backup(layout: Layout, to: Path) -> None:
    """The client of Postgres is loaded when it is needed."""
    from belts.runtimes.process.parts import base_backup  # noqa: PLC0415 -- it loads longer than a check takes

    base_backup.take(layout, to)


def _apply(text: str) -> None:
    """What a belt's own toolchain says to it is what is printed."""
    asked = request.parse(text)
    elsewhere.refuse(asked, unnamed=True)
    if (other := binding.elsewhere(asked.layout)) is not None:
        binding.hand_over(asked.layout, other, ("apply",), text)
    else:
        print(json.dumps(verbs.apply(asked)))


def _layouts(arguments: argparse.Namespace) -> tuple[Layout, ...]:
    known = recorded.belts(arguments.root.resolve())
    wanted = tuple(layout for layout in known if arguments.belt in {None, layout.belt})
    if arguments.belt and not wanted:
        raise Refused(
            f"there is no belt {arguments.belt!r} on this host",
            expected=f"a belt below {arguments.root.resolve()}",
            seen=", ".join(layout.belt for layout in known) or "none",
            now="name one of them, or the right --root",
        )
    return wanted


def _layout(arguments: argparse.Namespace) -> Layout:
    return Layout(root=arguments.root.resolve(), belt=arguments.belt)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m belts", description="Runs the parts of belts on this host."
    )
    verb = parser.add_subparsers(dest="verb", required=True)
    verb.add_parser("apply", help="make a part what the request on stdin says, and wait until it answers")
    verb.add_parser("check", help="refuse what apply would refuse, and touch nothing")
    remove = verb.add_parser("remove", help="leave nothing of a part, or with --all of a belt")
    remove.add_argument("--all", action="store_true", help="the whole belt, whatever state it is in")
    remove.add_argument(
        "--acknowledge-readers", action="store_true", help="with --all: cut off whoever still reads the belt"
    )
    verb.add_parser("check-remove", help="refuse what remove would refuse, and touch nothing")
    heal = verb.add_parser("heal", help="bring back belts whose supervisor was killed")
    keep = verb.add_parser("keep", help="bring back what died and restart what hangs, for as long as it runs")
    keep.add_argument("--once", action="store_true", help="look once, bring back what died, and end")
    keep.add_argument(
        "--patience", type=_seconds, default=PATIENCE_S, help="for how many seconds a part may be silent"
    )
    bind = verb.add_parser("bind", help="let this toolchain take a belt over from the one that brought it up")
    drain = verb.add_parser("drain", help="close the open sockets of a belt's engine: its clients come back")
    readers_ = verb.add_parser("readers", help="who still reads a belt, and by what each is acknowledged")
    status = verb.add_parser("status", help="what belts are on this host, and how they are")
    doctor = verb.add_parser("doctor", help="what is wrong with belts, why, and what to do about it")
    for each in (status, doctor):
        each.add_argument("--json", action="store_true")
    base_backup = verb.add_parser("base-backup", help="copy a belt's cluster while it serves")
    base_backup.add_argument("--to", type=Path, required=True, help="the directory that is made for it")
    adopt = verb.add_parser("adopt", help="make a root that was copied or moved here a host of its own")
    for each in (remove, heal, keep, bind, base_backup, drain, readers_, status, doctor, adopt):
        each.add_argument("--root", type=Path, default=DEFAULT_ROOT, help="the directory of the belts")
    for each in (remove, heal, keep, bind, base_backup, drain, readers_, status, doctor):
        each.add_argument("belt", nargs="?")
    arguments = parser.parse_args(argv)
    if arguments.verb == "remove" and arguments.all and not arguments.belt:
        parser.error("remove --all needs the name of the belt")
    if arguments.verb == "keep" and arguments.belt and not arguments.once:
        parser.error("keep looks after all belts of a directory; one of them goes with --once")
    if arguments.verb in {"base-backup", "bind", "drain"} and not arguments.belt:
        parser.error(f"{arguments.verb} needs the name of the belt")
    if arguments.verb == "remove" and arguments.acknowledge_readers and not arguments.all:
        parser.error("--acknowledge-readers goes with --all; a stack acknowledges them in its config")
    return arguments


def _seconds(text: str) -> float:
    seconds = float(text)
    if not LEAST_PATIENCE_S <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected {LEAST_PATIENCE_S:g} seconds or more, got {text}")
    return seconds
