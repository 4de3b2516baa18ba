"""What the command can do, each verb on one belt at a time, under the belt's lock."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from belts.files import remove_tree
from belts.refusal import Refusal, Relayed
from belts.runtimes.process import binding, lease_files
from belts.runtimes.process.confine import group
from belts.runtimes.process.errors import Refused, Unchanged
from belts.runtimes.process.files import ballast, host_identity, lock, moments, secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards import (
    beside,
    budget,
    change,
    disk,
    elsewhere,
    ending,
    heap,
    held,
    memory,
    one_hasura,
    ports,
    reseed,
    retirement,
    siblings,
    unread,
)
from belts.runtimes.process.guards.readers import Reader
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.progress import note
from belts.runtimes.process.supervise import confined, hung, ranks, supervisord
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request


def apply(request: Request) -> Mapping[str, Any]:
    """Makes the part match the request and waits until it answers."""
    told = secrets.from_config()
    elsewhere.refuse(request, unnamed=True)
    with lock.of_belt(request.layout):
        with lock.of_host(request.root):
            _refuse([request])
            _refuse_beside([request])
            elsewhere.settle(request)
            lease_files.stay(request.layout.home)
            binding.keep(request.layout)
            before = recorded.lying(request)
            recorded.record(request, told)
            if request.part in retirement.PARTS:
                moments.bear(request.layout)
        try:
            done = _brought_up(request)
        except Unchanged:
            recorded.put_back(request, before)
            raise
        recorded.applied(request, told)
        return done


def check(requests: Sequence[Request]) -> tuple[str, ...]:
    """Refuses what `apply` would refuse, without changing anything. Parts of one belt are judged together.

    Returns, in words, what it would change or delete of a belt's rows.
    """
    told: list[str] = []
    for request in requests:
        elsewhere.refuse(request, unnamed=True)
    for layout in dict.fromkeys(request.layout for request in requests):
        its = [request for request in requests if request.layout == layout]
        if (other := binding.elsewhere(layout)) is None:
            told += _refuse(its)
            _refuse_beside(its)
        else:
            binding.hand_over(layout, other, ("check",), json.dumps([request.raw for request in its]))
    return tuple(told)


def check_remove(request: Request) -> tuple[Reader, ...]:
    """Refuses what `remove` would refuse, without changing anything; returns the readers to be cut off."""
    elsewhere.refuse(request)
    if request.part in ending.PARTS:
        ending.check(request.layout)
    return retirement.check(request.layout) if request.part in retirement.PARTS else ()


def remove(request: Request) -> None:
    """Removes a part; refuses for a belt or gateway that must stay: see `retirement` and `ending`."""
    elsewhere.refuse(request)
    with lock.of_belt(request.layout):
        if request.part in ending.PARTS:
            ending.check(request.layout)
        if request.part in retirement.PARTS:
            retirement.begin(request.layout)
        _remove_parts(request.layout, (request.part,))


def remove_belt(layout: Layout, *, everybody: bool = False) -> None:
    """Removes everything of a belt in any state, even if its requests can no longer be read."""
    with lock.of_belt(layout):
        ending.check(layout)
        retirement.begin(layout, everybody=everybody)
        _remove_parts(layout, tuple(PARTS))
        remove_tree(layout.home)


def adopt(root: Path) -> None:
    """Makes the root a host of its own, and reports the next step for each stack; programs run on."""
    before, now = host_identity.adopt(root)
    if before == now:
        note(f"{root} is this host already, as {now}; nothing was done")
        return
    note(f"{root} is the host {now} from here on" + (f", and no more {before}" if before else ""))
    for layout in recorded.belts(root):
        hosts = {request.host for request in recorded.look(layout).requests if request.host}
        for host in sorted(hosts or ({before} if before else set())):
            note(f"{layout.belt}: to {elsewhere.take_over(host, layout.belt)}")


def heal(layouts: Sequence[Layout]) -> None:
    """Brings belts back to what was requested: the remedy after their supervisors were killed.

    Gateways and their ledgers come first, then serving belts. A failure of one does not stop the others; it
    is reported at once, and summarized at the end.
    """
    for root in {layout.root for layout in layouts}:
        _tell_another_host(root)
    each_in_turn(layouts, _heal)


def each_in_turn(layouts: Sequence[Layout], do: Callable[[Layout], None]) -> None:
    """Does something for every belt, gateways and serving belts first, and summarizes the failures."""
    failed = []
    for layout in ranks.in_order(layouts):
        try:
            do(layout)
        except Exception as why:  # whatever it is: the others have their turn all the same
            if len(layouts) == 1:
                raise
            told = isinstance(why, (Refusal, Relayed))
            note(str(why) if told else f"{layout.belt}: {type(why).__name__}: {why}")
            failed.append(layout)
    if failed:
        raise Refused(
            f"{len(failed)} of {len(layouts)} belts {'is' if len(failed) == 1 else 'are'} not healed",
            expected="every part that was asked for to be up",
            seen=f"what is told above, of {', '.join(layout.belt for layout in failed)}",
            now="see to each, then: "
            + "; ".join(f"`python -m belts heal --root {layout.root} {layout.belt}`" for layout in failed),
        )


def _tell_another_host(root: Path) -> None:
    """Reports a foreign host, but goes on: a renamed machine is no reason to leave what serves down."""
    try:
        host_identity.own(root)
    except Refused as why:
        note(str(why).replace("nothing was done", "its belts are brought back all the same", 1))


def _heal(layout: Layout) -> None:
    if (other := binding.elsewhere(layout)) is not None:
        binding.hand_over(layout, other, ("heal", "--root", str(layout.root), layout.belt))
    else:
        _bring_back(layout)


def bind(layout: Layout) -> None:
    """Makes this toolchain take a belt over: ends all its programs, and brings them up as requested.

    A belt that a gateway needs is not restarted for that: this toolchain brings up its successor. A dead one
    serves nobody, and may be brought back this way if its own toolchain no longer can.
    """
    requests = recorded.of_belt(layout)
    with lock.of_belt(layout), lock.of_host(layout.root):
        if (held := lease_files.holding(layout.home)) and supervisord.pid(layout) is not None:
            raise Refused(
                f"{layout.belt}: it may not change its toolchain now",
                expected="a belt that no gateway needs, or one whose supervisor is dead",
                seen="; ".join(held),
                now="bring up a fresh belt with this toolchain and move the alias to it; this one runs on"
                " with the toolchain it has",
            )
        if requests:
            _refuse(requests)
        binding.refuse_later(layout)
        # A supervisor starts all its known programs, including those of the other toolchain.
        supervisord.shut_down(layout)
        for section in layout.programs.glob("*.conf"):
            section.unlink()
        # Last: while something of the other toolchain's is left, this one must not bring the belt back.
        binding.take_over(layout)
    _bring_back(layout)


def _bring_back(layout: Layout) -> None:
    for request in recorded.of_belt(layout):
        if not request.body.programs:
            continue
        if (why := recorded.unfinished(request)) is not None:
            note(why)
        with lock.of_belt(layout):
            if not layout.request(request.part).exists():
                continue  # it was removed while its lock was waited for
            again(request)
        note(f"{layout.belt}: {request.part} is up")


def again(request: Request) -> None:
    """Brings back a recorded request under the belt's lock; the stack may say something else by now."""
    with lock.of_host(request.root):
        _refuse([request])
        lease_files.stay(request.layout.home)
        binding.keep(request.layout)
    _brought_up(request)


def rouse(layout: Layout) -> bool:
    """Starts a dead supervisor with all its programs, under the belt's lock; returns whether it did.

    It reads no request, so that a belt with an unreadable one comes back as it was.
    """
    if not is_dead(layout):
        return False
    _hold(layout)
    supervisord.ensure(layout)
    _hold(layout)
    return True


def is_dead(layout: Layout) -> bool:
    """Whether a belt has programs, but no supervisor that keeps them."""
    return supervisord.pid(layout) is None and any(layout.programs.glob("*.conf"))


def _brought_up(request: Request) -> Mapping[str, Any]:
    """Brings a part up within the belt's limits, which apply if all its requests can be read."""
    _hold(request.layout)
    done = PARTS[request.part].apply(request.layout, request.body)
    # Again, because systemd makes no group before a process exists for it.
    _hold(request.layout)
    if request.part == "caddy":
        ballast.fill(request.layout)
    return done


def _hold(layout: Layout) -> None:
    asked = recorded.look(layout)
    if not asked.unread:
        confined.keep(layout, asked.requests)


def _refuse(requests: Sequence[Request]) -> list[str]:
    """Refuses what is not allowed; returns what an operator should know about the rest."""
    told: list[str] = []
    asked = recorded.of_host(requests[0].root)
    unread.refuse(requests, asked.unread)
    given = asked.requests
    ports.refuse_promised(requests, given)
    others = beside.counted(requests[0].root)
    memory.refuse_overcommitted(requests, given, host_mb=memory.of_host(), others=others)
    disk.refuse_too_small(requests, given)
    for request in requests:
        ports.refuse_held(request)
        PARTS[request.part].check(request.layout, request.body)
        told += [*reseed.refuse(request), *change.refuse(request)]
        held.refuse_change(request, given)
        heap.refuse(request, given)
    return told


def _refuse_beside(requests: Sequence[Request]) -> None:
    """Checks that never prevent a restart: the cost of a further belt, and a Hasura of another belt."""
    root = requests[0].root
    given = recorded.of_host(root).requests
    one_hasura.refuse(requests, given)
    if (wanted := budget.further(requests, given)) is not None:
        budget.refuse(wanted, siblings.census(root), now=datetime.now(UTC))


def _remove_parts(layout: Layout, parts: Sequence[str]) -> None:
    """Removes dependent parts first; with the last part goes everything that the host itself has made."""
    if not layout.home.exists():
        return
    for part in reversed(parts):
        PARTS[part].remove(layout)
        recorded.forget(layout, part)
        hung.note(layout, part, None)
    if any(layout.requests.glob("*.json")):
        return
    supervisord.shut_down(layout)
    group.remove(layout)
    leases = layout.home / lease_files.FOLDER
    ballast.file_of(layout).unlink(missing_ok=True)
    binding.forget(layout)
    layout.born.unlink(missing_ok=True)
    for own in (layout.supervisor, layout.logs, layout.requests, layout.secrets, leases):
        remove_tree(own)
    if not any(layout.home.iterdir()):  # the alias of a gateway, say, is removed by its owner
        layout.home.rmdir()
