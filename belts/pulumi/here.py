"""Where requests to a host are carried out: each is one Pulumi `Command` with the request on its stdin.

No shell is involved: the program and its verb are the whole command line. The request is visible, so that a
diff shows what changes; secrets are passed in the environment, and the whole output is secret.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pulumi
from pulumi import (
    Input,
    Output,
    Resource,
    ResourceHookArgs,
    ResourceHookBinding,
    ResourceOptions,
)
from pulumi_command import local

from belts.pulumi import boundary, ownership
from belts.refusal import Refusal
from belts.runtimes.process.generation import stamped
from belts.runtimes.process.guards import budget
from belts.runtimes.process.supervise import live
from belts.runtimes.process.supervise.live import Live
from belts.runtimes.process.wire import request as wire

SECRETS = "BELTS_SECRETS"
CHECK_DEADLINE = timedelta(seconds=60)
RETIREMENT = "belts-retirement"
"""The hook through which every part of a belt or gateway is deleted; it must never be renamed.

The engine looks it up by this name in the state of every deployed stack.
"""

CHANGING = "indexer"
"""The part whose change can alter or delete a belt's rows, and which reports the consequences."""

COMMAND: Mapping[str, Any] = {
    "interpreter": ["python", "-m", "belts"],
    "create": "apply",
    "update": "apply",
    "delete": "remove",
}

Request = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """One request that was carried out: the resource to depend on, and the secret result."""

    resource: Resource
    result: Output[dict[str, Any]]


class Here:
    """The machine that Pulumi runs on."""

    def __init__(
        self,
        requests: Mapping[str, Request],
        *,
        name: str,
        retirement: str | None = None,
        adopt: str | None = None,
    ) -> None:
        """Carry out these requests, given by part; all are checked before the first is carried out.

        `retirement` is the name of a hook that asks the host before anything is deleted. `adopt` is the host
        whose belt the operator takes over.
        """
        self._adopt = adopt
        self._parted: set[str] = set()
        alive: dict[str, Live] = {}
        for root, belt in {(request["root"], request["belt"]) for request in requests.values()}:
            alive |= live.read(Path(root), belt)
        self._requests = stamped(requests, alive, now=datetime.now(UTC))
        self._answers: dict[str, asyncio.Task[str]] = {}
        self._before = boundary.hook(name, self._check)
        self._parting = boundary.hook(retirement, self._check_remove) if retirement else None

    @property
    def host(self) -> str:
        """The host that the requests are for."""
        return next((str(request["host"]) for request in self._requests.values()), "")

    def costs(self) -> str:
        """The cost of the belt as declared, and of all belts of the place, line by line."""
        asked = [wire.from_json(dict(request)) for request in self._requests.values()]
        return "\n".join(budget.told(asked, datetime.now(UTC)))

    def carry_out(
        self,
        name: str,
        part: str,
        *,
        parent: Resource | None = None,
        after: Sequence[Done] = (),
        secrets: Mapping[str, Input[str]] | None = None,
        once: Output[Any] | None = None,
    ) -> Done:
        """Make the host carry out the part's request, and undo it when the resource is deleted.

        Nothing is sent to the host before the value in `once` is known. If `secrets` are given, even empty,
        the host deletes those it stored before.
        """
        text = _text(self._requests[part])
        environment = None if secrets is None else {SECRETS: _hidden(secrets)}
        command = local.Command(
            name,
            interpreter=COMMAND["interpreter"],
            create=COMMAND["create"],
            update=COMMAND["update"],
            delete=COMMAND["delete"],
            stdin=text if once is None else Output.unsecret(once.apply(lambda _: text)),
            environment=environment,
            add_previous_output_in_env=False,
            logging=local.Logging.STDERR,
            opts=ResourceOptions(
                parent=parent,
                depends_on=[done.resource for done in after],
                additional_secret_outputs=["stdout", "stderr"],
                # Old and new are one part on the host: a replacement created first would be deleted
                # afterwards.
                delete_before_replace=True,
                hooks=ResourceHookBinding(
                    before_create=[self._before],
                    before_update=[self._before],
                    before_delete=[self._parting] if self._parting else None,
                ),
            ),
        )
        return Done(resource=command, result=command.stdout.apply(json.loads))

    async def _check(self, args: ResourceHookArgs) -> None:
        """Ask the host whether it would do this, together with the stack's other requests."""
        inputs = args.new_inputs or {}
        asked = inputs.get("stdin")
        if not isinstance(asked, str):
            raise Refusal(
                f"{args.name}: nothing was done",
                expected="a request that is known before it is carried out",
                seen="one that is not",
                now="bring up first what its values come from, then run it again",
            )
        request = json.loads(asked)
        await self._refuse_another(args.name, inputs)
        before = (args.old_inputs or {}).get("stdin")
        _refuse_two_homes(before, request, adopt=self._adopt)
        if args.urn not in self._parted:  # a replacement: it goes before it is made, also in a preview
            for words in ownership.judged(before, request, adopt=self._adopt):
                pulumi.warn(f"{args.name}: {words}")
        others = [each for part, each in self._requests.items() if part != request["part"]]
        question = json.dumps([*others, request])
        if question not in self._answers:
            check = boundary.ask(
                (sys.executable, "-m", "belts", "check"), question=question, deadline=CHECK_DEADLINE
            )
            self._answers[question] = asyncio.ensure_future(check)
        told = (await self._answers[question]).strip()
        if told and request["part"] == CHANGING:
            pulumi.warn(f"{args.name}: {told}")

    async def _check_remove(self, args: ResourceHookArgs) -> None:
        """Ask the host whether the part may be deleted, and report which readers lose access."""
        asked = (args.old_inputs or {}).get("stdin")
        if not isinstance(asked, str):
            raise Refusal(
                f"{args.name} stays; nothing was done",
                expected="a state that says what it is",
                seen="one that does not",
                now="put back the stack's state from before, or remove the belt with"
                " `python -m belts remove --all`",
            )
        ownership.refuse_end(json.loads(asked), self.host)
        cut_off = await boundary.ask(
            (sys.executable, "-m", "belts", "check-remove"), question=asked, deadline=CHECK_DEADLINE
        )
        self._parted.add(args.urn)
        if cut_off.strip():
            pulumi.warn(f"{args.name}: whoever reads the belt is cut off:\n{cut_off.rstrip()}")

    async def _refuse_another(self, name: str, inputs: Mapping[str, Any]) -> None:
        """Refuse a command that differs from what this program declares, for example by a transform."""
        told = {key: inputs.get(key) for key in (*COMMAND, "dir", "triggers", "assetPaths", "archivePaths")}
        strange = [key for key, value in told.items() if value != COMMAND.get(key)]
        declared = {_text(request) for request in self._requests.values()}
        strange += [] if inputs.get("stdin") in declared else ["stdin"]
        given = inputs.get("environment")
        if isinstance(given, Output):
            given = await given.future()
        if isinstance(given, Mapping) and set(given) - {SECRETS}:
            strange.append("environment")
        if strange:
            raise Refusal(
                f"{name}: nothing was done",
                expected="the command and the request that the stack itself declares",
                seen=f"another {' and another '.join(strange)}",
                now="take the transform, or the change of the program, back",
            )


def _text(request: Request) -> str:
    """A request as text for stdin."""
    return json.dumps(request, indent=1)


def _refuse_two_homes(before: object, request: Request, *, adopt: str | None) -> None:
    """Refuse to move a part: the old one would keep running without an owner."""
    if not isinstance(before, str):
        return
    old = json.loads(before)
    home = Path(old["root"], old["belt"])
    moves = home != Path(request["root"], request["belt"]) and home.exists()
    if moves and (adopt is None or old.get("host") != adopt):
        raise Refusal(
            f"the {request['part']} of {request['belt']} cannot move",
            expected=f"a belt that stays in {home}",
            seen=f"{request['root']} as its new root",
            now="set `root` back; for another place, destroy the stack or bring up a fresh belt",
        )


def _hidden(secrets: Mapping[str, Input[str]]) -> Output[str]:
    """The secrets as one text that stays secret in Pulumi's state."""
    text: Output[str] = Output.json_dumps(secrets)
    return Output.secret(text)
