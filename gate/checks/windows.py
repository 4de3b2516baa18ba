"""In sampled block ranges every log has its row, every event its log, and something was compared."""

from collections.abc import Iterator

from gate.amounts import agree, amount
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations import Unobserved
from gate.observations.truth import BeginningSeen, ChainSeen, ContractSeen, Proof, Truth, WindowSeen

WINDOWS = Part(
    claim=Claim.GROUND_TRUTH,
    name="windows",
    sentence="where samples are chosen: in sampled blocks, every log has its row, and every event its log",
    needs=frozenset({Access.RPC, Access.GRAPHQL}),
    reads=("truth",),
    without="without the candidate's database, events that are not the chain's are not looked for",
)
UNEQUAL = "Find out why the candidate's source gave other logs, and seed the candidate afresh."
KEYS = (
    "No log has its row: compare the keys named here with an id of the entity. If the handler forms ids"
    " otherwise, correct `rowId` in the policy; else find out what it left out, and seed the belt afresh."
)
LISTED = 10  # rows and events listed in one observation; the totals are in its text


def points(chain: ChainSeen, contract: ContractSeen, truth: Truth) -> Iterator[Point]:
    expected = f"{contract.event} of {contract.whose} on chain {chain.chain} in {contract.entity}"
    windows = contract.windows
    if isinstance(windows, Unobserved):
        yield unseen(WINDOWS, windows, expected=expected)
    elif not windows:
        yield untold(
            WINDOWS,
            expected=expected,
            observed="no window was drawn",
            advice="Report this as a defect of the gate.",
        )
    else:
        silent = all(window.logs == 0 for window in windows)
        advice = _perhaps(chain, contract) if silent else UNEQUAL
        found = (_fault(chain, window, expected, truth, advice) for window in windows)
        faults = [point for point in found if point is not None]
        yield from faults or [_held(chain, contract, windows, expected)]
    yield from _beginning(contract, expected)


def _beginning(contract: ContractSeen, expected: str) -> Iterator[Point]:
    """Judges a candidate that starts after the contract's history, which may leave out earlier logs."""
    begin = contract.beginning
    if isinstance(begin, Unobserved) or begin.earlier is None:
        return
    wanted = f"{expected} from block {begin.block} on ({begin.words})"
    start = f"the candidate starts at block {begin.started}"
    advice = (
        "Seed the candidate afresh from there; where that past is left out on purpose, give the entry under"
        f" `groundTruth` its `from: {begin.started}`."
    )
    if isinstance(begin.earlier, Unobserved):
        yield untold(
            WINDOWS,
            expected=wanted,
            observed=f"{start}, and what lies before it could not be asked for: {begin.earlier.reason}",
            advice=advice,
        )
    else:
        yield failed(
            WINDOWS,
            expected=wanted,
            observed=f"{start}, and log {begin.earlier.log_index} of block {begin.earlier.block} lies before",
            advice=advice,
        )


def _fault(chain: ChainSeen, window: WindowSeen, expected: str, truth: Truth, advice: str) -> Point | None:
    """The worst fault of one window, or None."""
    where = f"blocks {window.first} to {window.last} of chain {chain.chain}"
    lines = (f"{where} were drawn with seed {truth.seed}",)
    if window.dispute:
        return failed(
            WINDOWS,
            expected=f"{where}: providers that agree with the chain and with each other",
            observed=window.dispute,
            advice="Ask another provider for that block; take the one that is wrong out of the policy.",
            evidence=lines,
        )
    if words := _unequal(window):
        return failed(
            WINDOWS,
            expected=f"{where}: {expected}",
            observed=words,
            advice=KEYS if _all_missing(window) else advice,
            evidence=lines,
        )
    for part in (window.logs, window.proof, window.missing):
        if isinstance(part, Unobserved):
            return untold(
                WINDOWS,
                expected=f"{where}: {expected}",
                observed=part.reason,
                advice=unseen(WINDOWS, part, expected=expected).advice,
                evidence=lines,
            )
    return None


def _all_missing(window: WindowSeen) -> bool:
    """True if no log has a row under the key that `rowId` forms, and nothing else is wrong."""
    missing = isinstance(window.missing, tuple) and len(window.missing) == window.logs
    return missing and bool(window.logs) and not window.unknown


def _logs(window: WindowSeen) -> int:
    return window.logs if isinstance(window.logs, int) else 0


def _unequal(window: WindowSeen) -> str:
    words = []
    if isinstance(window.missing, tuple) and window.missing:
        words.append(
            f"{len(window.missing):,} of {amount(_logs(window), 'log')}"
            f" {agree(len(window.missing), 'has', 'have')} no row: {_some(window.missing)}"
        )
    if window.unknown:
        words.append(
            f"{amount(len(window.unknown), 'event', 'is', 'are')} not on the chain: {_some(window.unknown)}"
        )
    if window.wrong:
        words.append(
            f"{amount(len(window.wrong), 'value', 'is', 'are')} not the log's: {_some(window.wrong)}"
        )
    return "; ".join(words)


def _left_over(window: WindowSeen) -> str:
    return (
        f"; {amount(window.undone, 'event')} of blocks that the chain has undone"
        f" {agree(window.undone, 'has', 'have')} no row"
        if window.undone
        else ""
    )


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _held(chain: ChainSeen, contract: ContractSeen, windows: tuple[WindowSeen, ...], expected: str) -> Point:
    logs = sum(map(_logs, windows))
    blocks = sum(window.last - window.first + 1 for window in windows)
    evidence = tuple(
        f"chain {chain.chain}, blocks {window.first} to {window.last}{_chosen(window)}:"
        f" {amount(_logs(window), 'log')}, {window.proof.words}{_left_over(window)}"
        for window in windows
        if isinstance(window.proof, Proof)
    )
    if not logs:
        return untold(
            WINDOWS,
            expected=expected,
            observed=(
                f"chain {chain.chain}: no such log in {amount(blocks, 'block')} of"
                f" {amount(len(windows), 'window')}, nor in {amount(contract.searched, 'other')} that"
                f" {agree(contract.searched, 'was', 'were')} searched for one"
            ),
            advice=_perhaps(chain, contract),
            evidence=evidence,
        )
    columns = f"; compared: {', '.join(contract.compared)}" if contract.compared else ""
    return passed(
        WINDOWS,
        expected=expected,
        observed=(
            f"chain {chain.chain}: {amount(logs, 'log')} in {amount(len(windows), 'window')} of"
            f" {amount(blocks, 'block')}, each with its row{columns}"
        ),
        evidence=evidence,
    )


def _chosen(window: WindowSeen) -> str:
    return " (around a known event)" if window.around else ""


def _perhaps(chain: ChainSeen, contract: ContractSeen) -> str:
    """Suggests what a mistyped entry may have meant; an entry that matches nothing proves nothing."""
    begin = contract.beginning
    if isinstance(begin, BeginningSeen) and begin.code is False:
        words = f"There is no contract at {contract.contract} on chain {chain.chain}: correct `contract`."
        if contract.contracts:
            words += f" Perhaps {_some(contract.contracts)}, of which the candidate has that event."
        return words
    event = contract.event.split("(", 1)[0]
    if contract.events and event not in contract.events:
        return (
            f"The candidate has no {event} of that contract, but {_some(contract.events)}: perhaps `event` is"
            " one of them; check its argument types, too."
        )
    if contract.events:
        return (
            f"The candidate has received {event} of that contract: check the argument types in `event`, by"
            " which the chain tells events apart."
        )
    if contract.contracts:
        return (
            f"The candidate has that event of {_some(contract.contracts)}: perhaps `contract` is one of them."
        )
    return (
        "Check `contract` and `event`. An event that nobody emits proves nothing: name another. A golden"
        " helps to find a rare one."
    )
