"""Every contract and event that no belt has served before needs a proof of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from belts.reading.mistakes import meant
from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, passed, untold
from gate.observations import Cause, Footprint, Observations, Progress, Unobserved
from gate.observations.holdings import EventKind
from gate.policy import Policy, snippet
from gate.policy.model import Mode
from gate.policy.unproved import Unproved

FOOTPRINT = Part(
    claim=Claim.CONTENT,
    name="footprint",
    sentence="every event that only the candidate has received is asked of its chain, or accepted by name",
    needs=frozenset({Access.DATABASE}),
    reads=("footprint",),
    acceptable=True,
    without="which contracts and events are new",
)
LISTED = 5  # addresses in one observation

Name = tuple[int, str, str]
"""Chain, contract as the indexer's config calls it, event."""


def points(seen: Observations, policy: Policy) -> Iterator[Point]:
    """One point for every new event that no entry of the policy checks against a chain."""
    if isinstance(seen.footprint, Unobserved):
        yield unseen(FOOTPRINT, seen.footprint, expected=FOOTPRINT.sentence)
    elif seen.footprint.parity and policy.mode is Mode.PARITY and not seen.first:
        yield passed(FOOTPRINT, expected=FOOTPRINT.sentence, observed="nothing may be new in parity mode")
    elif not seen.footprint.candidate:
        none = Unobserved(reason="not one event of the candidate was looked at", cause=Cause.UNDECIDABLE)
        yield unseen(FOOTPRINT, none, expected=FOOTPRINT.sentence)
    else:
        yield from _events(seen.footprint, seen, policy)


def notes(seen: Observations, policy: Policy) -> tuple[str, ...]:
    """Entries under `unproved` that match no new event, or no event at all."""
    footprint = seen.footprint
    if isinstance(footprint, Unobserved) or footprint.parity:
        return ()
    new = [
        kind for kind in footprint.candidate if _is_new(kind, footprint, seen) and not _named(kind, policy)
    ]
    idle = ", of which nothing is unproved any more"
    return tuple(
        f"`unproved` names {entry.words}{_mistyped(entry, footprint) or idle}"
        for entry in policy.unproved
        if entry.contract and not any(_means(entry, kind) for kind in new)
    )


def _mistyped(entry: Unproved, footprint: Footprint) -> str:
    """Suggests what an entry may have meant if it matches nothing that the candidate received."""
    kinds = sorted(footprint.candidate)
    if any(_means(entry, kind) for kind in kinds):
        return ""
    own = [kind for kind in kinds if entry.contract.lower() in {kind.contract.lower(), kind.address}]
    known = [kind.event for kind in own] or [name for kind in kinds for name in (kind.contract, kind.address)]
    words = entry.events if own else (entry.contract,)
    near = next(filter(None, (meant(word, known) for word in words)), "")
    return f", of which the candidate has received nothing{f': {near}' if near else ''}"


def _means(entry: Unproved, kind: EventKind) -> bool:
    return entry.means(chain=kind.chain, names=(kind.contract, kind.address), event=kind.event)


def _events(footprint: Footprint, seen: Observations, policy: Policy) -> Iterator[Point]:
    new = {kind: number for kind, number in footprint.candidate.items() if _is_new(kind, footprint, seen)}
    if isinstance(footprint.serving, Unobserved):
        yield unseen(FOOTPRINT, footprint.serving, expected="the events that the serving belt has received")
    alone = {kind: number for kind, number in new.items() if not _named(kind, policy)}
    for name, kinds in _by_name(alone).items():
        yield from _alone(name, kinds, policy)
    if not alone:
        yield passed(
            FOOTPRINT,
            expected=FOOTPRINT.sentence,
            observed=(
                f"events and contracts that are new: {len(new):,} of {len(footprint.candidate):,}, each"
                " asked of its chain"
            ),
        )


def _is_new(kind: EventKind, footprint: Footprint, seen: Observations) -> bool:
    """True if the serving belt has not received the event; if that is unknown, if it lacks the chain."""
    if isinstance(footprint.serving, frozenset):
        return kind not in footprint.serving
    known = next((one for one in (seen.serving_rows, seen.serving_chains) if isinstance(one, Progress)), None)
    return known is not None and kind.chain not in known.ids


def _named(kind: EventKind, policy: Policy) -> bool:
    """True if the ground truth names the event; an entry without an address matches any contract."""
    return any(
        (entry.chain, entry.event.name) == (kind.chain, kind.event) and entry.contract in {"", kind.address}
        for entry in policy.ground_truth
    )


def _by_name(kinds: Mapping[EventKind, int]) -> dict[Name, dict[EventKind, int]]:
    found: dict[Name, dict[EventKind, int]] = {}
    for kind, number in sorted(kinds.items()):
        found.setdefault((kind.chain, kind.contract, kind.event), {})[kind] = number
    return found


def _alone(name: Name, kinds: Mapping[EventKind, int], policy: Policy) -> Iterator[Point]:
    """One point for each acceptance reason among the addresses of one contract's unchecked event."""
    chain, contract, event = name
    reasons: dict[str, dict[EventKind, int]] = {}
    for kind, number in kinds.items():
        reasons.setdefault(_reason(kind, policy), {})[kind] = number
    for reason, alike in reasons.items():
        addresses = [kind.address for kind in alike]
        more = f" and {len(addresses) - LISTED} more" if len(addresses) > LISTED else ""
        point = untold(
            FOOTPRINT,
            expected=f"{contract}.{event} on chain {chain}, which is new, asked of the chain",
            observed=f"the candidate has {sum(alike.values())} of {contract}.{event} on chain {chain}, from"
            f" {', '.join(addresses[:LISTED])}{more}, and no entry under `groundTruth` names it",
            advice="Name it under `groundTruth` with the entity that it writes; or accept by name that nobody"
            " proves it.",
            paste=snippet.unproved({"contract": contract, "events": [event], "chains": [chain]}),
            found=True,
        )
        yield replace(point, accepted=reason)


def _reason(kind: EventKind, policy: Policy) -> str:
    return next((entry.reason for entry in policy.unproved if _means(entry, kind)), "")
