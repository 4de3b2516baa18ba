"""Runs and describes the local chains.

python -m examples.chains serve   becomes the anvil of one chain, whose past is made first
python -m examples.chains status  prints as JSON what the pasts hold: contracts, heads, counts, goldens
"""

import argparse
import json
import sys
from pathlib import Path

from examples.chains import history, plan, serve
from examples.chains.history import Past
from examples.chains.kept import Kept
from examples.chains.manifest import HistoryFailed

FAILED = 1


def main(argv: list[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    return int(arguments.run(arguments))


def _serve(arguments: argparse.Namespace) -> int:
    chain = plan.CHAINS[arguments.chain]
    wanted = plan.plan(chain, seed=arguments.seed, events=arguments.events)
    try:
        serve.serve(
            wanted,
            _past(arguments.directory, chain.id),
            make=Kept(root=arguments.kept.resolve()).put if arguments.kept else history.build,
            port=arguments.port,
            block_time=arguments.block_time or chain.block_time,
            say=_say,
        )
    except HistoryFailed as error:
        _say(str(error))
        return FAILED


def _status(arguments: argparse.Namespace) -> int:
    pasts = [_past(arguments.directory, chain) for chain in plan.CHAINS]
    known = {past.directory.name: json.loads(past.manifest.read_text()) for past in pasts if past.key()}
    json.dump(known, sys.stdout, indent=1)
    print()
    return 0 if known else FAILED


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _past(directory: Path, chain: int) -> Past:
    return Past(directory.resolve() / str(chain))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.chains", description=__doc__)
    commands = parser.add_subparsers(required=True)

    run = commands.add_parser("serve", help="become the anvil of one chain")
    run.set_defaults(run=_serve)
    run.add_argument("--chain", type=int, choices=plan.CHAINS, required=True)
    run.add_argument("--port", type=int, required=True)
    run.add_argument("--block-time", type=float, help="seconds; the chain's own when not given")
    run.add_argument("--seed", type=int, default=plan.DEFAULT_SEED)
    run.add_argument("--kept", type=Path, help="where pasts are kept for the next chain of the same plan")
    run.add_argument("--events", type=int, default=plan.DEFAULT_EVENTS, help="of all chains together")

    status = commands.add_parser("status", help="print what the pasts hold")
    status.set_defaults(run=_status)
    for command in (run, status):
        command.add_argument(
            "--directory", type=Path, required=True, help="where the chains keep their files"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
