"""The gRPC server around the provider, and the three ways in which it ends."""

import asyncio
import os
import signal
import stat
import sys

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from tools.command_plugin.enginelog import LIMITS, EngineLog
from tools.command_plugin.guard import Guard
from tools.command_plugin.jobs import World, inherited
from tools.command_plugin.provider import CommandProvider


async def serve(engine: str | None, guard: Guard) -> int:
    """Serve on a free port of this machine until told to end; then kill what still runs."""
    log = EngineLog()
    if engine:
        log.attach(engine)
    provider = CommandProvider(World(log=log, guard=guard, environment=inherited()))
    server = grpc.aio.server(options=LIMITS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    end = asyncio.Event()
    await _watch(end)
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await end.wait()
    await provider.operations.cancel()
    await server.stop(grace=0.2)
    return 0


async def _watch(end: asyncio.Event) -> None:
    """End on an interrupt, which is how Pulumi stops us, or when Pulumi closes its side of our input."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end.set)
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        loop.add_reader(0, _drain, end)


def _drain(end: asyncio.Event) -> None:
    if not os.read(0, 4096):
        asyncio.get_running_loop().remove_reader(0)
        end.set()
