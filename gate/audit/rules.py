"""Compares the places that say who serves, and tells every disagreement with its cause and its cure.

Pure: what was seen goes in, findings come out. What could not be looked at is never in agreement.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from belts.runtimes.disk import Disk
from belts.runtimes.lease import OPEN, Holding, Lease, Unreadable
from belts.spec.byway import path
from gate.alias.byway import lasting
from gate.alias.state import How, Served, in_blocks
from gate.amounts import amount
from gate.audit.findings import Found, Kind
from gate.audit.snapshot import Answer, Booked, ChainSeen, Damaged, Directory, Snapshot, Stated, Unseen
from gate.observations.watched import NOT_INDEXED
from gate.outcome import Outcome

UP = "`pulumi up --stack {gateway}`"
HEAL = "`python -m belts heal {belt}`"
OK = 200
SILENT = "the status endpoint does not say"
STANDS = timedelta(minutes=3)
"""For so long a belt commits nothing, while its chain has more: on a busy host a batch may take a minute."""
HALTS = timedelta(minutes=15)
"""For so long a chain makes no block: those that people index make one within a minute or so."""


def audit(snapshot: Snapshot) -> tuple[Found, ...]:
    """Every disagreement; none where all places tell the same."""
    return tuple(found for rule in RULES for found in rule(snapshot))


def _unseen(snapshot: Snapshot) -> Iterator[Found]:
    for kind, name, place in (
        (Kind.DOOR, "the gateway", snapshot.door),
        (Kind.DIRECTORY, "the alias directory", snapshot.directory),
        (Kind.LEDGER, "the ledger", snapshot.ledger),
        (Kind.STATE, "Pulumi's state", snapshot.state),
        (Kind.CADDY, "Caddy's running config", snapshot.caddy),
        (Kind.CHAIN, "where the chains are", snapshot.chains),
        (Kind.ASKED, "what was asked of the host", snapshot.asked),
        (Kind.UNREAD, "the files of the belts", snapshot.unread),
        (Kind.HUNG, "which parts hang", snapshot.hung),
        (Kind.DISK, "the disk of the belts", snapshot.disk),
        (Kind.IDLE, "which belts are idle", snapshot.idle),
    ):
        if isinstance(place, Unseen):
            yield _untold(kind, f"{name} could not be looked at: {place.why}")
    for belt, seen in sorted(snapshot.belts.items()):
        if isinstance(seen.sight, Unseen):
            yield _untold(Kind.HEIGHT, f"{belt} could not be looked at: {seen.sight.why}")
        if seen.declared is None:
            yield _untold(Kind.IDENTITY, f"the stack of {belt} declares no belt")
        if isinstance(seen.declared, Unseen):
            yield _untold(
                Kind.IDENTITY, f"what the stack of {belt} declares could not be read: {seen.declared.why}"
            )


def _unread(snapshot: Snapshot) -> Iterator[Found]:
    """What a file of one belt does not say any more; everything else was looked at."""
    for words in snapshot.unread if not isinstance(snapshot.unread, Unseen) else ():
        yield Found(
            kind=Kind.UNREAD,
            outcome=Outcome.COULD_NOT_TELL,
            seen=words,
            cause="it was edited, restored in part, or is another user's; or the disk is broken",
            cure="`python -m belts status` tells it too; restore the file, or `pulumi up` on its stack",
        )


def _asked(snapshot: Snapshot) -> Iterator[Found]:
    """What is recorded, what was carried out and what the stacks say are one thing, or an update is due."""
    ours = () if isinstance(snapshot.asked, Unseen) else snapshot.asked
    for words in (*ours, *(words for _, seen in sorted(snapshot.belts.items()) for words in seen.apart)):
        yield _wrong(
            Kind.ASKED,
            words,
            "an update failed or was killed, somebody asked by hand, or the stack's state was restored",
            "`pulumi up` on its stack carries out what that says",
        )


def _hung(snapshot: Snapshot) -> Iterator[Found]:
    for words in () if isinstance(snapshot.hung, Unseen) else snapshot.hung:
        yield _wrong(
            Kind.HUNG,
            words,
            "what makes it hang is there again after a restart; or it is a Postgres that is slow",
            "`python -m belts status` names its process and its log: read that, then end the process",
        )


def _door(snapshot: Snapshot) -> Iterator[Found]:
    door, serves = snapshot.door, snapshot.serves
    if not isinstance(door, Answer) or isinstance(snapshot.alias, Damaged):
        return
    if serves is None and door.status == OK:
        yield _wrong(
            Kind.DOOR,
            f"the gateway answers from {door.belt or 'a belt'}, and the alias leads to nobody",
            "another gateway listens there, or its config was changed through its admin endpoint",
            f"{HEAL.format(belt=snapshot.gateway)}, then look at who listens on its port",
        )
    elif serves is not None and door.status != OK:
        yield _wrong(
            Kind.DOOR,
            f"consumers get status {door.status} through the gateway, and not {serves}",
            f"{serves} does not answer, or the gateway does not run its own config",
            f"`python -m belts status`, then {HEAL.format(belt=serves)}",
        )
    elif serves is not None and door.belt != serves:
        yield _wrong(
            Kind.DOOR,
            f"the gateway answers from {door.belt or 'a belt without a name'}, the alias leads to {serves}",
            *_who_else(snapshot),
        )


def _who_else(snapshot: Snapshot) -> tuple[str, str]:
    """Why another belt may answer, and what to do about it."""
    if snapshot.elsewhere:
        return (
            "what leads consumers does not do what `get` tells, or something stands before it",
            "look at what answers at the alias's URL; a cache or another proxy there serves other rows",
        )
    return (
        "another gateway listens there, or its config was changed through its admin endpoint",
        f"{HEAL.format(belt=snapshot.gateway)}, then look at who listens on its port",
    )


def _alias(snapshot: Snapshot) -> Iterator[Found]:
    if isinstance(snapshot.alias, Damaged) and snapshot.alias.untold:
        yield Found(
            kind=Kind.ALIAS,
            outcome=Outcome.COULD_NOT_TELL,
            seen=f"nobody can tell where the alias leads: {snapshot.alias.words}",
            cause="what it lives on does not answer, or a move of it came to neither of its two ends",
            cure=snapshot.alias.now,
        )
    elif isinstance(snapshot.alias, Damaged) and snapshot.alias.elsewhere:
        yield _wrong(
            Kind.ALIAS,
            f"the alias leads where Belts has not set it: {snapshot.alias.words}",
            "somebody set it by hand, or a change that was asked for came about late",
            f"{UP.format(gateway=snapshot.gateway)} judges the way to the belt that its config names",
        )
    elif isinstance(snapshot.alias, Damaged):
        yield _wrong(
            Kind.ALIAS,
            f"the alias says nothing that Belts wrote: {snapshot.alias.words}",
            "its files were changed or removed by hand, or restored in part",
            f"{UP.format(gateway=snapshot.gateway)} judges the way to the belt that its config names",
        )


def _directory(snapshot: Snapshot) -> Iterator[Found]:
    found = snapshot.directory
    if not isinstance(found, Directory):
        return
    if found.owner is not None and found.owner != snapshot.gateway:
        yield _wrong(
            Kind.DIRECTORY,
            f"the alias directory is {found.owner}'s, and not {snapshot.gateway}'s",
            "two gateways were given one `root` and one name, or the directory was copied",
            "give one of the two gateways another `root`",
        )
    if found.others:
        yield _wrong(
            Kind.DIRECTORY,
            f"{', '.join(found.others)} reads this alias too",
            "another gateway's config leads to this directory",
            "`python -m belts remove --all` for that gateway, and another `root` for it",
        )
    if found.refuted is not None:
        yield _wrong(
            Kind.UNBOOKED,
            f"{found.refuted} was seen to be wrong right after its promotion, and the ledger does not know",
            "the update that saw it was killed, or the ledger did not answer",
            f"{UP.format(gateway=snapshot.gateway)} goes on from there, and books it",
        )
    if found.strange:
        yield _wrong(
            Kind.DIRECTORY,
            f"the alias directory holds what nobody made: {', '.join(found.strange)}",
            "somebody wrote there by hand, or a backup was restored into it",
            "look at it, then move it away: nothing but Belts writes there",
        )


def _ledger(snapshot: Snapshot) -> Iterator[Found]:
    booked, live = snapshot.ledger, snapshot.alias
    if not isinstance(booked, Booked):
        return
    yield from _rows(booked)
    if isinstance(live, Served) and live.move is not None and live.move > (booked.last or 0):
        yield _wrong(
            Kind.LEDGER,
            f"the alias came about by move {live.move}, and the ledger ends with {booked.last or 'none'}",
            "the ledger was restored from an older backup, or it is another one",
            "restore its newest backup; without one, decommission the gateway and begin anew",
        )
    elif booked.unended is not None:
        yield _wrong(
            Kind.UNENDED,
            f"move {booked.unended} has no result",
            "an update moves the alias right now, or was interrupted while it did",
            f"{UP.format(gateway=snapshot.gateway)} finishes or undoes it",
        )
    elif isinstance(live, Served) and booked.identity and live.untold(booked.identity):
        yield _wrong(
            Kind.UNBOOKED,
            f"the alias went back to {live.serves.belt}, and the ledger does not know",
            "the rollback was made while the ledger did not answer",
            f"{UP.format(gateway=snapshot.gateway)} books it",
        )
    elif not isinstance(live, Damaged) and (booked.belt, booked.identity) != _served(live):
        yield _wrong(
            Kind.LEDGER,
            f"the alias leads to {_who(*_served(live))}, and by the ledger "
            f"{_who(booked.belt, booked.identity)} serves",
            "the alias was moved by hand, or one of the two was restored from a backup",
            f"{UP.format(gateway=snapshot.gateway)} judges the way to the belt that its config names",
        )


def _byways(snapshot: Snapshot) -> Iterator[Found]:
    """A path of its own leads only to a belt that served, and to it as it was then."""
    live, booked = snapshot.alias, snapshot.ledger
    for each in lasting(live.byways, snapshot.at) if isinstance(live, Served) else ():
        way, seen = path(each.belt), snapshot.belts.get(each.belt)
        close = f"`python -m gate byway --gateway {snapshot.gateway} --close {each.belt}`"
        if (
            isinstance(booked, Booked)
            and booked.unended is None
            and (each.belt, each.identity) not in booked.ever
        ):
            yield _wrong(
                Kind.BYWAY,
                f"{way} leads to {_who(each.belt, each.identity)}, which never served by the ledger",
                "the alias was written by hand, or one of the two was restored from a backup",
                close,
            )
        if seen is None:
            yield _wrong(
                Kind.BYWAY,
                f"{way} is open, and there is no {each.belt} on this host",
                "the belt was removed by hand: whoever takes its port would answer in its name",
                close,
            )
        elif seen.same is False or (isinstance(seen.declared, str) and seen.declared != each.identity):
            yield _wrong(
                Kind.BYWAY,
                f"{way} is open, and {each.belt} is not the belt that it was",
                "it was seeded again, or brought up anew, behind the gate's back",
                f"{close}; {each.belt} as it is now was never judged",
            )


def _rows(booked: Booked) -> Iterator[Found]:
    if booked.unsealed:
        yield _wrong(
            Kind.LEDGER,
            f"the ledger holds what this gateway has not written: {', '.join(booked.unsealed)}",
            "rows were edited or added by somebody else, or the gateway's secrets were made anew",
            "look at those rows; no certificate among them moves anything",
        )
    if booked.open_tables:
        yield _wrong(
            Kind.LEDGER,
            "the role that the gateway logs in with could write the ledger's tables past their functions",
            "it owns them, or somebody gave it more than `gate ledger` does",
            "give the stack a role of its own in `ledgerUrl`, and let it in with `python -m gate ledger`",
        )


def _outbox(snapshot: Snapshot) -> Iterator[Found]:
    outbox = snapshot.ledger.outbox if isinstance(snapshot.ledger, Booked) else None
    if outbox is None or not outbox.waiting or outbox.since is None:
        return
    waited = snapshot.at - outbox.since
    if waited > snapshot.patience:
        yield _wrong(
            Kind.OUTBOX,
            f"{amount(outbox.waiting, 'announcement', 'waits', 'wait')}, the oldest for"
            f" {int(waited.total_seconds())} s and after "
            f"{amount(outbox.attempts, 'attempt')}",
            "the listener does not take them, or the webhook sender is down",
            f"{HEAL.format(belt=snapshot.gateway)}, and look at the listener; nothing is lost meanwhile",
        )


def _state(snapshot: Snapshot) -> Iterator[Found]:
    state, live = snapshot.state, snapshot.alias
    if not isinstance(state, Stated):
        return
    if state.pending:
        yield _wrong(
            Kind.STATE,
            f"an update began and never ended: {', '.join(state.pending)}",
            "an update runs right now, or was killed",
            f"`pulumi refresh --stack {snapshot.gateway}`, then {UP.format(gateway=snapshot.gateway)}",
        )
    if isinstance(live, Damaged) or (live is None and not state.held):
        return
    if not state.held:
        yield _wrong(
            Kind.STATE,
            f"Pulumi's state has no alias, and the alias leads to {_who(*_served(live))}",
            "it was deleted from the state, or the stack was imported from elsewhere",
            f"{UP.format(gateway=snapshot.gateway)} takes it in again, without a move",
        )
    elif (state.belt, state.identity) != _served(live):
        yield _wrong(
            Kind.STATE,
            f"by Pulumi's state {_who(state.belt, state.identity)} serves, the alias leads to "
            f"{_who(*_served(live))}",
            "the alias was moved past Pulumi, or the state was edited, imported or cut off",
            f"`pulumi preview --stack {snapshot.gateway}` shows the way back; "
            f"{UP.format(gateway=snapshot.gateway)} goes it, judged",
        )


def _caddy(snapshot: Snapshot) -> Iterator[Found]:
    if snapshot.caddy is None or isinstance(snapshot.caddy, Unseen):
        return
    if snapshot.caddy.strangers:
        yield _wrong(
            Kind.CADDY,
            f"somebody else listens on the gateway's port too: {', '.join(snapshot.caddy.strangers)}",
            "a program shares the port, and takes a part of the requests",
            "end that program",
        )
    if not snapshot.caddy.as_rendered:
        yield _wrong(
            Kind.CADDY,
            "Caddy runs another config than the one that the host renders for this gateway",
            "it was changed through its admin endpoint, or by a program that the stack was made to run",
            f"{HEAL.format(belt=snapshot.gateway)} gives it its own config back",
        )
    elif not snapshot.caddy.stored_as_rendered:
        yield _wrong(
            Kind.CADDY,
            "Caddy's config file is not what the host renders for this gateway",
            "it was edited by hand",
            f"{UP.format(gateway=snapshot.gateway)} writes it again",
        )


def _leases(snapshot: Snapshot) -> Iterator[Found]:
    serves = snapshot.serves
    if isinstance(snapshot.alias, Damaged):
        return
    for belt, leases in sorted(snapshot.leases.items()):
        own = [lease for lease in leases if isinstance(lease, Lease) and lease.gateway == snapshot.gateway]
        unreadable = [lease.file.name for lease in leases if isinstance(lease, Unreadable)]
        if unreadable:
            yield _lease(
                snapshot, f"a lease on {belt} cannot be read: {', '.join(unreadable)}", "it was edited"
            )
        elif belt == serves and not any(lease.holding in OPEN for lease in own):
            yield _lease(
                snapshot, f"{belt} serves, and nothing holds it on its host", "its lease was removed"
            )
        elif belt != serves and any(lease.holding is Holding.SERVES for lease in own):
            yield _lease(snapshot, f"{belt} is held as if it served", "the alias was moved by hand")
        elif belt != serves and any(lease.holding is Holding.COMES for lease in own):
            yield _lease(
                snapshot,
                f"{belt} is held as if it came to serve",
                "an update moves the alias right now, or was killed while it did",
            )
        elif belt == _should_soak(snapshot) and not own:
            yield _lease(snapshot, f"{belt} should soak, and nothing holds it", "its lease was removed")


def _should_soak(snapshot: Snapshot) -> str | None:
    """The belt that was promoted over, while it is still the one that it was."""
    live = snapshot.alias
    if not isinstance(live, Served) or live.how is not How.PROMOTED or live.left is None:
        return None
    seen = snapshot.belts.get(live.left.belt)
    return live.left.belt if seen is not None and seen.declared == live.left.identity else None


def _lease(snapshot: Snapshot, seen: str, cause: str) -> Found:
    return _wrong(Kind.LEASE, seen, cause, f"{UP.format(gateway=snapshot.gateway)} writes the leases again")


def _belts(snapshot: Snapshot) -> Iterator[Found]:
    """The serving belt and those that soak: who they are, whether they stand, and how far they are."""
    for belt, seen in sorted(snapshot.belts.items()):
        doing = "serves" if belt == snapshot.serves else "soaks"
        if belt != snapshot.serves and belt not in snapshot.soaks:
            continue
        known = snapshot.alias.serves if isinstance(snapshot.alias, Served) and doing == "serves" else None
        if seen.same is False or (
            known is not None and isinstance(seen.declared, str) and seen.declared != known.identity
        ):
            yield _wrong(
                Kind.IDENTITY,
                f"{belt}, which {doing}, is not the belt that it was",
                "it was seeded again, or brought up anew, behind the gate's back",
                f"promote another belt; {belt} as it is now was never judged",
            )
        if seen.down:
            yield _wrong(
                Kind.DOWN,
                f"{belt}, which {doing}, does not run whole: {', '.join(seen.down)} is down",
                "it was stopped, or it died",
                HEAL.format(belt=belt),
            )
        yield from _recorded_heights(snapshot, belt, doing)
        if doing == "soaks":
            yield from _behind(snapshot, belt)


def _recorded_heights(snapshot: Snapshot, belt: str, doing: str) -> Iterator[Found]:
    """A belt that is lower than it was seen to be is not the belt that it was."""
    now, live = snapshot.heights(belt), snapshot.alias
    if now is None or not isinstance(live, Served):
        return
    standing = next(
        (one for one in (live.serves, live.left, *reversed(live.behind)) if one and one.belt == belt), None
    )
    lost = {
        chain: height
        for chain, height in (standing.heights if standing else {}).items()
        if now.get(chain, -1) < height
    }
    if lost:
        told = ", ".join(
            f"chain {chain} at {now.get(chain, 'nothing')}, was {height}"
            for chain, height in sorted(lost.items())
        )
        yield _wrong(
            Kind.HEIGHT,
            f"{belt}, which {doing}, is lower than it was: {told}",
            "it was seeded again, or its database was restored",
            f"promote another belt; {belt} as it is now was never judged",
        )


def _behind(snapshot: Snapshot, belt: str) -> Iterator[Found]:
    now, then = snapshot.heights(belt), snapshot.heights(snapshot.serves) if snapshot.serves else None
    if now is None or then is None:
        return
    late = {
        chain: then[chain] - height
        for chain, height in now.items()
        if chain in then and then[chain] - height > snapshot.lag
    }
    if late:
        yield _wrong(
            Kind.HEIGHT,
            f"{belt} soaks, and fell behind {snapshot.serves}: {in_blocks(late)}",
            "its indexer has stalled, or its provider is slow",
            f"look at its indexer's log, then {HEAL.format(belt=belt)}: a rollback would step back so far",
        )


def _chains(snapshot: Snapshot) -> Iterator[Found]:
    """The serving belt on its chains: a provider that tells nothing, a belt or a chain that stands."""
    belt = snapshot.serves
    if belt is None or snapshot.chains is None or isinstance(snapshot.chains, Unseen):
        return
    indexed = snapshot.alias.serves.heights if isinstance(snapshot.alias, Served) else {}
    for seen in snapshot.chains:
        chain = seen.chain
        if seen.why.get("committed") == NOT_INDEXED and chain not in indexed:
            continue  # the policy names the chains of the next belt as well
        if seen.head is None:
            yield _wrong(
                Kind.CHAIN,
                f"nobody tells where chain {chain} is: {seen.why.get('head', SILENT)}",
                "its provider is down, or refuses",
                "see to the first `rpc` of that chain in the policy, or name another one first, then "
                f"{UP.format(gateway=snapshot.gateway)}",
            )
        if seen.committed is None:
            why = seen.why.get("committed", SILENT)
            yield _wrong(
                Kind.CHAIN,
                f"nobody tells how far {belt}, which serves, is on chain {chain}: {why}",
                "its engine does not answer, or the belt does not index the chain",
                HEAL.format(belt=belt),
            )
        if (words := _behind_its_head(seen)) is not None:
            yield _wrong(
                Kind.CHAIN,
                f"{belt}, which serves, {words}",
                "its provider is dead or slow, or its indexer has stalled",
                f"look at the log of its indexer and at its provider, then {HEAL.format(belt=belt)}",
            )
        if seen.halts is not None and seen.halts >= HALTS:
            yield _wrong(
                Kind.CHAIN,
                f"the head of chain {chain} has been {seen.head} for {_minutes(seen.halts)}",
                "the chain makes no blocks, or its provider tells what it knew",
                "ask another provider of that chain",
            )


def _behind_its_head(seen: ChainSeen) -> str | None:
    """Too far by what the policy says, or not moving at all while the chain has more."""
    stands = seen.stands is not None and seen.stands >= STANDS
    late = seen.lag is not None and seen.limit is not None and seen.lag > seen.limit
    if not seen.lag or not (stands or late):  # at its last block a chain has come to its end
        return None
    words = f"is {amount(seen.lag, 'block')} behind the head of chain {seen.chain}"
    words += f" (its `lagLimit` is {seen.limit})" if late else ""
    return words + (f", and has stood at {seen.committed} for {_minutes(seen.stands)}" if stands else "")


def _minutes(time: timedelta | None) -> str:
    return amount(int((time or timedelta()).total_seconds() // 60), "minute")


def _disk(snapshot: Snapshot) -> Iterator[Found]:
    """A full one stops every belt that lies on it."""
    if isinstance(snapshot.disk, Disk) and snapshot.disk.short:
        yield _wrong(
            Kind.DISK,
            f"the disk of the belts has {snapshot.disk.words()}",
            "belts grow, or something else fills it",
            "make room, or `pulumi destroy` a belt that nobody needs: a full disk stops all belts on it",
        )


def _idle(snapshot: Snapshot) -> Iterator[Found]:
    for words in () if isinstance(snapshot.idle, Unseen) else snapshot.idle:
        yield _wrong(
            Kind.IDLE,
            words,
            "it was replaced and soaked, or never promoted, and costs money since",
            "retire it; or, where it is wanted, raise `budget.idleDays` in its stack",
        )


RULES: tuple[Callable[[Snapshot], Iterator[Found]], ...] = (
    _unseen,
    _unread,
    _asked,
    _hung,
    _door,
    _alias,
    _directory,
    _ledger,
    _byways,
    _outbox,
    _state,
    _caddy,
    _leases,
    _belts,
    _chains,
    _disk,
    _idle,
)


def _served(live: Served | Damaged | None) -> tuple[str | None, str | None]:
    return (live.serves.belt, live.serves.identity) if isinstance(live, Served) else (None, None)


def _who(belt: str | None, identity: str | None) -> str:
    return f"{belt} ({identity[:8]})" if belt and identity else belt or "nobody"


def _wrong(kind: Kind, seen: str, cause: str, cure: str) -> Found:
    return Found(kind=kind, outcome=Outcome.FAILED, seen=seen, cause=cause, cure=cure)


def _untold(kind: Kind, seen: str) -> Found:
    return Found(
        kind=kind,
        outcome=Outcome.COULD_NOT_TELL,
        seen=seen,
        cause="it is down, or this program may not read it",
        cure="bring it back, then run the audit again",
    )
