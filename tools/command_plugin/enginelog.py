"""Pulumi's log, where a running command's lines are shown beside its resource."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import cast

import grpc.aio
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from tools.command_plugin.output import Say, nobody

BIG = 400 * 1024 * 1024
LIMITS = (("grpc.max_receive_message_length", BIG), ("grpc.max_send_message_length", BIG))


# The streams that a `logging` input shows: both if it is left out, neither if it is an unknown word.
STDOUT_SHOWN = frozenset({None, "stdout", "stdoutAndStderr"})
STDERR_SHOWN = frozenset({None, "stderr", "stdoutAndStderr"})


@dataclass(kw_only=True, slots=True)
class EngineLog:
    """A channel to Pulumi's engine; without an engine, or after it has gone, nothing is logged."""

    channel: grpc.aio.Channel | None = field(default=None)

    def attach(self, address: str) -> None:
        """Log to the engine at this address from now on."""
        self.channel = grpc.aio.insecure_channel(address, options=LIMITS)

    def streams(self, urn: str, wanted: str | None) -> tuple[Say, Say]:
        """The function that logs each line of stdout, and of stderr, as the `logging` input says."""
        say = self.line(urn)
        return say if wanted in STDOUT_SHOWN else nobody, say if wanted in STDERR_SHOWN else nobody

    def line(self, urn: str) -> Say:
        """A function that shows lines while the resource is worked on, and does not keep them."""

        async def say(text: str) -> None:
            await self._log(
                engine_pb2.LogRequest(severity=engine_pb2.INFO, urn=urn, message=text, ephemeral=True)
            )

        return say

    async def warning(self, urn: str, text: str) -> None:
        """Show a warning that stays on the screen."""
        await self._log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, urn=urn, message=text))

    async def _log(self, request: engine_pb2.LogRequest) -> None:
        if self.channel is None:
            return
        try:
            await cast("Awaitable[object]", engine_pb2_grpc.EngineStub(self.channel).Log(request))
        except grpc.aio.AioRpcError:
            self.channel = None
