"""What has to be true whatever happened: one belt answers, and nothing that is written lies about it."""

from collections.abc import Iterator

from belts.runtimes.process import lease_files
from gate.alias.state import How, Served
from gate.ledger import Entry, Kind, Result
from tests.live.gate.moments import consumers
from tests.live.gate.moments.pair import Pair


def untrue(pair: Pair) -> list[str]:
    """Every lie, in words; none is what a test wants."""
    served = pair.served
    if served is None:
        return ["the alias leads to nobody"]
    answering = consumers.all_of(pair.url)
    found = [] if answering == {served.serves.belt} else [f"{answering} answer, {served.serves.belt} serves"]
    with pair.book() as book:
        moves, unsealed = tuple(reversed(book.moves())), book.unsealed()
    found += [f"not as this gateway wrote it: {row}" for row in unsealed]
    found += list(_chain(moves))
    found += list(_served(moves, served))
    if not lease_files.holding(pair.hosts.root / served.serves.belt):
        found.append(f"nothing holds {served.serves.belt}, which serves")
    return found


def settled(pair: Pair, wanted: str) -> list[str]:
    """What is untrue after the update that finishes or undoes: nothing is left open, nobody held in vain."""
    found = untrue(pair)
    if pair.serves != wanted:
        found.append(f"{wanted} was wanted, and {pair.serves or 'nobody'} serves")
    with pair.book() as book:
        found += [f"move {move.seq} has no result" for move in book.moves() if move.result is None]
    holding = (pair.held(pair.serves), pair.held(pair.other(pair.serves)))
    if holding[0] != "serves" or holding[1] in {"serves", "comes"}:
        found.append(f"{pair.serves} is held as {holding[0]!r}, and the other as {holding[1]!r}")
    return found


def _chain(moves: tuple[Entry, ...]) -> Iterator[str]:
    if [move.seq for move in moves] != list(range(1, len(moves) + 1)):
        yield f"moves {[move.seq for move in moves]}"
    for move in moves[:-1]:
        if move.result is None:
            yield f"move {move.seq} never ended, and others came after it"
    used = [move.certificate for move in moves if move.kind is Kind.PROMOTION]
    if None in used or len(set(used)) != len(used):
        yield "a certificate was used twice, or none"


def _served(moves: tuple[Entry, ...], served: Served) -> Iterator[str]:
    """The ledger says who serves or that a move has not ended, or the alias says what is unbooked."""
    last = next((move for move in reversed(moves) if move.result is Result.SERVED), None)
    if moves and moves[-1].result is None:
        if served.move == moves[-1].seq and served.serves.belt != moves[-1].belt:
            yield f"move {served.move} leads to {moves[-1].belt}, and {served.serves.belt} serves by it"
        return
    if served.move is None and served.how is How.ROLLED_BACK:
        return
    if last is None or (last.belt, last.identity) != (served.serves.belt, served.serves.identity):
        yield f"by the ledger {last.belt if last else 'nobody'} serves, and {served.serves.belt} does"
