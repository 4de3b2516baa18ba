"""`python -m belts.engine`: serves until it is stopped."""

import asyncio
import logging
import signal
import socket
import sys

import uvicorn
import uvloop

from belts.engine import descriptors, listening, memory
from belts.engine.serve.connections import Http, WebSocket
from belts.engine.serve.http import Application
from belts.engine.settings import from_environment
from belts.reading.mistakes import MistakesError


def main() -> int:
    """Returns 0 when stopped, 2 if the environment lacks a needed setting."""
    try:
        settings = from_environment()
        descriptors.raised(descriptors.needed(settings))
        port = listening.port(settings)
    except (MistakesError, descriptors.TooFew, listening.NotHandedOver) as error:
        print(f"belts.engine: {error}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    memory.given_back()
    application = Application(settings)
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        http=Http,
        ws=WebSocket,
        access_log=False,
        log_level="warning",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=listening.BACKLOG,
        limit_concurrency=None,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        ws_max_size=settings.limits.body_bytes,
        # Compressing one large answer takes a quarter of a second, in which no other client is answered.
        ws_per_message_deflate=False,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(Server(config), application, port))
    return 0


class Server(uvicorn.Server):
    """A server that also listens for its gateway, on a unix socket."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the socket last: a client that finds it is answered."""
        await super().startup(sockets)
        application: Application = self.config.app  # type: ignore[assignment]
        path = application.settings.gateway_socket
        if path is None:
            return
        made = await asyncio.get_running_loop().create_unix_server(
            self._protocol, sock=listening.for_gateway(path), backlog=listening.BACKLOG
        )
        self.servers.append(made)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """A port that was handed over keeps listening at its origin, and would keep clients waiting."""
        for each in sockets or ():
            if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                each.shutdown(socket.SHUT_RD)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        return Http(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


async def _serve(server: Server, application: Application, port: socket.socket | None) -> None:
    # A moved alias leaves open sockets behind: this signal makes their clients reconnect.
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, application.serving.close_sockets)
    await server.serve(None if port is None else [port])


if __name__ == "__main__":
    sys.exit(main())
