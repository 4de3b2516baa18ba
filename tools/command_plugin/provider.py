"""The resource provider protocol of Pulumi."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tools.command_plugin import VERSION
from tools.command_plugin.diff import Change, changes
from tools.command_plugin.errors import OperationError
from tools.command_plugin.fields import Fields, completed, failures
from tools.command_plugin.jobs import World
from tools.command_plugin.output import Output
from tools.command_plugin.resources import FUNCTIONS, RESOURCES, Resource
from tools.command_plugin.schema import schema
from tools.command_plugin.values import UNKNOWN, Properties, plain, without_nulls

T = TypeVar("T")

MADE = ("stdout", "stderr", "assets", "archive")
CANCELLED = "the operation was cancelled"

_KINDS = {
    Change.ADDED: (provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.ADD_REPLACE),
    Change.DELETED: (provider_pb2.PropertyDiff.DELETE, provider_pb2.PropertyDiff.DELETE_REPLACE),
    Change.UPDATED: (provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE),
}


@dataclass(kw_only=True, slots=True)
class Operations:
    """The running commands, so that Pulumi can cancel all of them; none is started after that."""

    running: set[asyncio.Task[Any]] = field(default_factory=set)
    cancelled: bool = False

    async def run(self, operation: Coroutine[Any, Any, T], seconds: float) -> T:
        """Carry out one operation, within the time that the program allows (0: any)."""
        if self.cancelled:
            operation.close()
            raise OperationError(CANCELLED)
        task = asyncio.create_task(operation)
        self.running.add(task)
        try:
            await asyncio.wait({task}, timeout=seconds or None)
            if not task.done():
                task.cancel(f"not finished within {seconds:g} s")
            return await task
        except asyncio.CancelledError as why:
            task.cancel(CANCELLED)  # when it is the call that was cancelled, and not yet the task
            await asyncio.wait({task})
            raise OperationError(str(why) or CANCELLED) from None
        finally:
            self.running.discard(task)

    async def cancel(self) -> None:
        """Cancel every operation and wait until their processes have ended."""
        self.cancelled = True
        for task in self.running:
            task.cancel(CANCELLED)
        if self.running:
            await asyncio.wait(set(self.running))


class CommandProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Commands as resources: created, updated and deleted by running the commands in their inputs."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.operations = Operations()

    async def Handshake(  # noqa: N802 - the protocol's name, as all of these
        self, request: provider_pb2.ProviderHandshakeRequest, _context: Any
    ) -> provider_pb2.ProviderHandshakeResponse:
        self.world.log.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    async def Attach(self, request: plugin_pb2.PluginAttach, _context: Any) -> empty_pb2.Empty:  # noqa: N802
        self.world.log.attach(request.address)
        return empty_pb2.Empty()

    async def GetPluginInfo(self, _request: empty_pb2.Empty, _context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802
        return plugin_pb2.PluginInfo(version=VERSION)

    async def GetSchema(  # noqa: N802
        self, _request: provider_pb2.GetSchemaRequest, _context: Any
    ) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema()))

    async def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, _context: Any
    ) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(  # noqa: N802
        self, _request: provider_pb2.DiffRequest, _context: Any
    ) -> provider_pb2.DiffResponse:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(  # noqa: N802
        self, _request: provider_pb2.ConfigureRequest, _context: Any
    ) -> provider_pb2.ConfigureResponse:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    async def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        async with _reported(context):
            fields = _resource(request.urn).fields
            return _checked(fields, _properties(request.news))

    async def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:  # noqa: N802
        async with _reported(context):
            fields = _resource(request.urn).fields
            old, new = (
                {name: value for name, value in _properties(side).items() if name in fields}
                for side in (request.olds, request.news)
            )
            return _differs(changes(old, new))

    async def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:  # noqa: N802
        async with _reported(context):
            inputs = _properties(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=_struct(_unrun(inputs)))
            state = await self._carried_out(request.urn, "create", inputs, {}, request.timeout)
            name = request.urn.split("::", 3)[3]
            return provider_pb2.CreateResponse(id=f"{name}{secrets.token_hex(4)}", properties=_struct(state))

    async def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:  # noqa: N802
        async with _reported(context):
            inputs = _properties(request.news)
            if request.preview:
                return provider_pb2.UpdateResponse(properties=_struct(_unrun(inputs)))
            verb = "update" if "update" in inputs else "create"
            last = _properties(request.olds)
            state = await self._carried_out(request.urn, verb, inputs, last, request.timeout)
            return provider_pb2.UpdateResponse(properties=_struct(state))

    async def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> empty_pb2.Empty:  # noqa: N802
        async with _reported(context):
            state = _properties(request.properties)
            await self._carried_out(request.urn, "delete", state, state, request.timeout)
            return empty_pb2.Empty()

    async def Read(self, request: provider_pb2.ReadRequest, _context: Any) -> provider_pb2.ReadResponse:  # noqa: N802
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    async def Invoke(self, request: provider_pb2.InvokeRequest, context: Any) -> provider_pb2.InvokeResponse:  # noqa: N802
        async with _reported(context):
            function = FUNCTIONS.get(request.tok)
            if function is None:
                raise OperationError(f"this plugin has no function {request.tok}")
            given = _properties(request.args)
            if found := list(failures(function.fields, given)):
                return provider_pb2.InvokeResponse(
                    failures=[
                        provider_pb2.CheckFailure(property=each.path, reason=each.reason) for each in found
                    ]
                )
            inputs = completed(function.fields, given)
            running = function.run(self.world, "", "command", inputs, Output())
            made = await self.operations.run(running, 0)
            return _returned({**inputs, **made})

    async def Cancel(self, _request: empty_pb2.Empty, _context: Any) -> empty_pb2.Empty:  # noqa: N802
        await self.operations.cancel()
        return empty_pb2.Empty()

    async def _carried_out(
        self, urn: str, verb: str, inputs: Properties, last: Properties, seconds: float
    ) -> Properties:
        """The state after running the command of this verb; if there is none, the last outputs are kept."""
        kept = {name: last[name] for name in MADE if name in last}
        state = {"stdout": "", "stderr": "", **inputs, **kept}
        if verb not in inputs:
            return state
        before = Output(stdout=plain(kept.get("stdout", "")), stderr=plain(kept.get("stderr", "")))
        running = _resource(urn).run(self.world, urn, verb, inputs, before)
        return state | await self.operations.run(running, seconds)


@asynccontextmanager
async def _reported(context: Any) -> AsyncIterator[None]:
    """Report a failure to Pulumi in our words; otherwise the server calls it an unexpected exception."""
    try:
        yield
    except OperationError as error:
        await context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _resource(urn: str) -> Resource:
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    found = RESOURCES.get(token)
    if found is None:
        raise OperationError(
            f"the stand-in for the command plugin has no resource {token}; it has {', '.join(RESOURCES)}"
        )
    return found


def _checked(fields: Fields, given: Properties) -> provider_pb2.CheckResponse:
    if found := list(failures(fields, given)):
        return provider_pb2.CheckResponse(
            inputs=_struct(given),
            failures=[provider_pb2.CheckFailure(property=each.path, reason=each.reason) for each in found],
        )
    return provider_pb2.CheckResponse(inputs=_struct(completed(fields, given)))


def _differs(changed: dict[str, Change]) -> provider_pb2.DiffResponse:
    """A `triggers` that is added or removed replaces; Pulumi itself replaces on a change inside it."""
    kinds = {path: _KINDS[change][path == "triggers"] for path, change in changed.items()}
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({path.split(".")[0].split("[")[0] for path in changed}),
        replaces=["triggers"] if "triggers" in changed else [],
        detailedDiff={path: provider_pb2.PropertyDiff(kind=kind) for path, kind in kinds.items()},
        hasDetailedDiff=True,
    )


def _unrun(inputs: Properties) -> Properties:
    return {**inputs, "stdout": UNKNOWN, "stderr": UNKNOWN}


def _returned(properties: Properties) -> provider_pb2.InvokeResponse:
    response = provider_pb2.InvokeResponse()
    getattr(response, "return").CopyFrom(_struct(properties))  # the field has a keyword for a name
    return response


def _properties(struct: struct_pb2.Struct) -> Properties:
    return without_nulls(json_format.MessageToDict(struct))


def _struct(properties: Properties) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct
