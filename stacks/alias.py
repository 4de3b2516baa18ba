"""The alias as a resource: what it says is compared with the live gateway, and only `gate move` changes it.

The provider is dynamic because a `Command` cannot see that somebody moved the alias past Pulumi; this one
looks at each preview and each update. What that leaves open, an update that runs although it was cancelled
while its hook was busy, is closed here: the provider hears of the cancellation, and moves nothing any more.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from belts.pulumi import boundary, ownership
from belts.refusal import Refusal, Relayed
from belts.runtimes.runtime import Place
from belts.spec.runtime import Runtime
from gate.alias import leases
from gate.alias.order import elsewhere
from gate.alias.state import Served, decode
from gate.alias.store import AliasRefused, AliasUntold, Store, found
from gate.commands import place
from stacks import cancellation

END = "alias-end"
"""The hook that the alias is deleted through, looked up by this name in the state of every deployed stack."""
COMPARED = ("gateway", "runtime", "directory", "upstream", "identity", "dial", "order")
MARGIN = timedelta(seconds=60)
"""What a process of the gate may take beyond the deadline that it was given: it starts, and it reports."""
LEAST_SECONDS = 180.0
"""A move is given so long in any case: the way back does not depend on what a policy says."""
JUDGE = (sys.executable, "-m", "gate", "judge")


class AliasProvider(ResourceProvider):
    """Makes the live alias what the stack wants, through the one writer."""

    def configure(self, _req: ConfigureRequest) -> None:
        """The first call in the provider's own process."""
        cancellation.listen()

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set the alias, or find it where it should be."""
        return CreateResult(id_=props["gateway"], outs=_moved(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Move the alias, or see that it is where it should be."""
        return UpdateResult(outs=_moved(news))

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Changed is what the stack wants otherwise, what somebody else has moved, and what was cut off."""
        live = _live(news)
        drifted = (
            live is None
            or (live.serves.belt, live.serves.identity) != (news["upstream"], news["identity"])
            or leases.astray(_place(news), news["gateway"], live)
        )
        changed = any(olds.get(key) != news.get(key) for key in COMPARED)
        return DiffResult(changes=drifted or changed)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What the live alias says, for `pulumi refresh`; one on another host is not seen from here."""
        _refuse_elsewhere(props)
        live = _live(props, untold=True)
        if live is None:
            return ReadResult(id_="", outs={})
        return ReadResult(id_=id_, outs={**props, **_told(live)})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Serve nobody any more, where the stack says beforehand that this is meant."""
        _refuse_elsewhere(props)
        _carried_out("decommission", props)


class Alias(Resource, module="gateway", name="Alias"):
    """The stable URL's upstream.

    `order` says what is wanted, `others` describes the belts that it is compared with or that it leaves; both
    are secret as a whole. Who the others are changes with every move, so they are no part of what is wanted.
    """

    serves: pulumi.Output[dict[str, Any]]

    def __init__(
        self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the alias."""
        super().__init__(AliasProvider(), name, {**props, "serves": None}, opts)


def gate_hook(name: str, *, adopt: str | None = None) -> pulumi.ResourceHook:
    """The hook that refuses a change of the alias unless the gate passes, in preview and in update.

    And one of another host, unless that is the one to `adopt`. The deadline is that of the policy, as the
    order says it: the gate ends by itself before it is ended.
    """

    async def judge(args: pulumi.ResourceHookArgs) -> None:
        inputs, before = args.new_inputs or {}, (args.old_inputs or {}).get("host")
        stack = pulumi.get_stack()
        ownership.refuse_another(f"the alias of {stack}", stack, before, inputs.get("host"), adopt=adopt)
        question = _question({key: await _known(inputs.get(key)) for key in ("order", "others")})
        preview = ("--preview",) if pulumi.runtime.is_dry_run() else ()
        report = await boundary.ask(
            (*JUDGE, *preview), question=question, deadline=_deadline(question) + MARGIN
        )
        pulumi.info(report.rstrip())

    return boundary.hook(name, judge)


def end_hook() -> pulumi.ResourceHook:
    """The hook that refuses the end of the alias, unless the stack has said that the gateway is to end."""

    async def judge(args: pulumi.ResourceHookArgs) -> None:
        _refuse_elsewhere(args.old_inputs or {})
        order = json.loads(await _known((args.old_inputs or {}).get("order")))
        if order.get("decommission") is not True:
            raise _ends(order.get("stack", "").rpartition("/")[2])

    return boundary.hook(END, judge)


def _refuse_elsewhere(props: Mapping[str, Any]) -> None:
    """What the state holds is here; a state of a release before this one does not say where it is."""
    if host := props.get("host"):
        gateway, root = props["gateway"], Path(props["directory"]).parents[1]
        ownership.refuse_elsewhere(f"the alias of {gateway}", gateway, host, root)


async def _known(value: Any) -> str:
    """The text of an input; one that is not known yet refuses, as nothing can be proved about it."""
    if isinstance(value, pulumi.Output):
        value = await value.future() if await value.is_known() else None
    if not isinstance(value, str):
        raise _stays(
            expected="to know where both belts answer, before the alias moves",
            seen="endpoints that are not known yet",
            now="bring the belts up first, each with `pulumi up` on its own stack",
        )
    return value


def _question(props: Mapping[str, Any]) -> str:
    """All that the gate is asked with."""
    return json.dumps({**json.loads(props["order"]), "belts": json.loads(props["others"])})


def _deadline(question: str) -> timedelta:
    return timedelta(seconds=json.loads(question)["deadline"])


def _ends(stack: str) -> Refusal:
    return Refusal(
        "the alias stays: consumers are served through it",
        expected="a stack that says the gateway is to end",
        seen="`decommission` is not set, or was not brought up",
        now=f"`pulumi config set decommission true --stack {stack}`, `pulumi up --stack {stack}`, then "
        f"`pulumi destroy --run-program --stack {stack}`",
    )


def _stays(*, expected: str, seen: str, now: str) -> Refusal:
    return Refusal("the alias stays where it is", expected=expected, seen=seen, now=now)


def _moved(props: Mapping[str, Any]) -> dict[str, Any]:
    """The resource's outputs after the writer has done its work."""
    served = decode(json.loads(_carried_out("move", props)))
    return {**props, **_told(served)}


def _told(served: Served) -> dict[str, Any]:
    return {
        "upstream": served.serves.belt,
        "identity": served.serves.identity,
        "dial": served.serves.dial,
        "serves": {
            "belt": served.serves.belt,
            "since": served.since,
            "how": served.how.value,
            "previous": served.behind[-1].belt if served.behind else None,
            "certificate": served.certificate,
        },
    }


def _live(props: Mapping[str, Any], *, untold: bool = False) -> Served | None:
    """What the alias says; one that cannot be read is not what the stack wants.

    With `untold`, one that lives elsewhere and of which nobody can tell is refused: it has not gone.
    """
    try:
        return found(_alias(props))
    except AliasUntold:
        if untold:
            raise
        return None
    except AliasRefused:
        return None


def _alias(props: Mapping[str, Any]) -> Store:
    """The alias where it is kept, be that elsewhere; an order that is not known yet does not say where."""
    told = props.get("order")
    where = elsewhere.of(json.loads(told)) if isinstance(told, str) else None
    directory, runtime = Path(props["directory"]), Runtime(props["runtime"])
    return place.alias(directory, props["gateway"], runtime, elsewhere=where)


def _place(props: Mapping[str, Any]) -> Place:
    return place.place(Path(props["directory"]).parents[1], Runtime(props["runtime"]))


def _carried_out(command: str, props: Mapping[str, Any]) -> str:
    """What a command of the gate answers; `Relayed`, in its words, unless it exits 0.

    What it says beside its answer is the operator's: the engine shows what a provider writes there.
    """
    if not cancellation.heard.is_set():
        raise _stays(
            expected="to hear when an update is cancelled",
            seen="a Pulumi SDK that does not tell its dynamic providers",
            now="install the version of the SDK that requirements.txt names",
        )
    if cancellation.cancelled.is_set():
        raise _stays(
            expected="an update that goes on",
            seen="it was cancelled while the gate was at work",
            now="run it again",
        )
    question = _question(props)
    seconds = max(LEAST_SECONDS, (_deadline(question) + MARGIN).total_seconds())
    if (where := elsewhere.of(json.loads(question))) is not None:
        seconds += where.alias.longest.total_seconds()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "gate", command],
            input=question,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            # Ctrl-C is for the engine: a move that has begun is brought to its end.
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise Refusal(
            f"`gate {command}` had not ended after {seconds:g} s and was ended",
            expected="an end by then",
            seen="none, and nobody knows how far it got",
            now="run `pulumi up` again: it finishes the move or undoes it",
        ) from None
    if done.returncode != 0:
        raise Relayed(done.stderr)
    sys.stderr.write(done.stderr)
    sys.stderr.flush()
    return done.stdout
