"""Which host owns a stack's parts: by Pulumi's state, by the host, and by what an operator takes over.

A state can be shared and restored, a host cannot. With a state of another host, an update would make a second
belt here and forget the first; a state older than what runs shows changes that are none. So each request
carries the name of its host, and the state keeps it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi

from belts.reading.codec import encode
from belts.refusal import Refusal
from belts.runtimes.process.errors import BadRequest
from belts.runtimes.process.files import host_identity
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.guards.elsewhere import UNNAMED, take_over
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.recorded import WHENCE
from belts.runtimes.process.wire.request import from_json

NOT_NAMED = "unnamed"
"""The word for taking over a state from a release that named no host."""

Request = Mapping[str, Any]


def host_of(root: Path) -> str:
    """The name of this host. The first update draws one, which the host adopts with its first part."""
    try:
        return host_identity.own(root) or ("" if pulumi.runtime.is_dry_run() else host_identity.drawn())
    except Refusal as refusal:
        raise pulumi.RunError(str(refusal)) from None


def is_of_another(before: Request, request: Request) -> bool:
    """Whether the state assigns the part to another host than this one."""
    return bool(before.get("host")) and before["host"] != request["host"]


def judged(before: object, request: Request, *, adopt: str | None) -> Iterator[str]:
    """Refuses a part that belongs to another host, or that runs here unknown to this state.

    Otherwise yields the differences. `before` is the request in the state, if there is one.
    """
    if not isinstance(before, str):
        yield from _created(request, adopt)
        return
    old = json.loads(before)
    if is_of_another(old, request):
        yield from _taken_over(old["host"], request, adopt)
    elif not old.get("host") and not Path(old["root"], old["belt"]).exists():
        yield from _taken_over(NOT_NAMED, request, adopt)
    elif (live := _live(request)) is not None and (apart := _differences(live, old, "the state says")):
        yield (
            f"the state is not what runs: {'; '.join(apart)}. What the stack asks for now is carried out; to"
            " keep what runs, set the config to it first"
        )


def refuse_end(old: Request, own: str) -> None:
    """Refuses to end a part that the state assigns to another host, because it would forget that part.

    `own` is the host of the program's parts, or empty if it declares none; then the host itself decides.
    """
    what, home = f"the {old['part']} of {old['belt']}", Path(old["root"], old["belt"])
    if own and old.get("host"):
        refuse_another(what, old["belt"], old["host"], own, adopt=None)
    if not old.get("host") and not home.exists():
        raise Refusal(
            f"{what} stays; nothing was done",
            expected=f"a belt in {home}, to be ended",
            seen="none on this machine, and a state that does not say on which host it is",
            now=f"run it on that host. Where there is none any more, `pulumi stack rm --force {old['belt']}`"
            " forgets the stack",
        )


def refuse_another(what: str, stack: str, before: object, own: object, *, adopt: str | None) -> None:
    """Refuses to change what the state assigns to another host."""
    if isinstance(before, str) and before and before not in {own, adopt}:
        raise _foreign(what, before, str(own or ""), stack)


def refuse_elsewhere(what: str, stack: str, host: object, root: Path) -> None:
    """Refuses to look at, or to end, what the state places below this root of another host."""
    refuse_another(what, stack, host, host_identity.own(root), adopt=None)


def _taken_over(host: str, request: Request, adopt: str | None) -> Iterator[str]:
    what = f"the {request['part']} of {request['belt']}"
    if adopt != host:
        raise _foreign(what, host, request["host"], request["belt"])
    yield (
        f"{what} is taken over from {host}: it is brought up below {request['root']} on this host, what runs"
        " there runs on, and this stack no longer knows it"
    )


def _foreign(what: str, host: str, own: str, stack: str) -> Refusal:
    return Refusal(
        f"{what} is on another host; nothing was done",
        expected=f"a state of {own}, which is this host" if own else f"a state of this host, and {UNNAMED}",
        seen="one that names no host, of what is not on this machine"
        if host == NOT_NAMED
        else f"one of {host}",
        now=f"run it there, or {take_over(host, stack)}",
    )


def _created(request: Request, adopt: str | None) -> Iterator[str]:
    """A part unknown to the state may still run here: from an older state, or another backend."""
    live = _live(request)
    if live is None:
        return
    what = f"the {request['part']} of {request['belt']}"
    apart = _differences(live, request, "the stack asks for") or ["in nothing"]
    own = request["host"]
    if adopt is None or adopt != own:
        raise Refusal(
            f"{what} is here already, and not in the state of this stack; nothing was done",
            expected="a state that knows it, or a host without it",
            seen=f"one that runs below {request['root']}; it differs: {'; '.join(apart)}",
            now="restore the state that made it (`pulumi stack import`), or use its backend (`pulumi login`)."
            f" To let this stack take it over: `pulumi config set adopt {own or NOT_NAMED} --stack"
            f" {request['belt']}`, then `pulumi up --stack {request['belt']}`, which changes what differs",
        )
    yield f"{what} is taken over as it runs; what changes: {'; '.join(apart)}"


def _live(request: Request) -> Request | None:
    """The last request of this host for the part, if it was carried out completely."""
    layout = Layout(root=Path(request["root"]), belt=request["belt"])
    for each in recorded.look(layout).requests:
        if each.part == request["part"] and recorded.unfinished(each) is None:
            return each.raw
    return None


def _differences(live: Request, other: Request, says: str) -> list[str]:
    """The differences by key, with both values: a request contains no secret."""
    one, two = _meant(live), _meant(other)
    return [
        f"`{key}` is {_shown(one.get(key))}, and {says} {_shown(two.get(key))}"
        for key in sorted(one.keys() | two.keys())
        if one.get(key) != two.get(key)
    ]


def _meant(request: Request) -> Mapping[str, Any]:
    """The request with this release's defaults; unchanged if this release cannot read it."""
    try:
        return encode(from_json(dict(request)).body)
    except BadRequest:
        return {
            key: value for key, value in request.items() if key not in WHENCE | {"version", "part", "belt"}
        }


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value)
