"""Serves the plugin: prints its port for Pulumi, and ends when Pulumi does."""

import argparse
import asyncio
from collections.abc import Sequence

from tools.command_plugin import guard, stubs


def main(arguments: Sequence[str]) -> int:
    """Serve until Pulumi interrupts us, closes our input, or has ended."""
    watching = guard.start()
    stubs.alone()
    # Imported after the fork, as it starts threads, which a fork would not survive.
    from tools.command_plugin.server import serve  # noqa: PLC0415

    return asyncio.run(serve(_engine(arguments), watching))


def _engine(arguments: Sequence[str]) -> str | None:
    """Pulumi's address; the flags before it are about logs and traces, and this plugin writes neither."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-command")
    parser.add_argument("--logtostderr", action="store_true")
    parser.add_argument("--tracing")
    parser.add_argument("-v")
    parser.add_argument("engine", nargs="?")
    engine: str | None = parser.parse_args(arguments).engine
    return engine
