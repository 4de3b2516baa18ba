"""The ways to move a gateway's upstream: one interface, and the three that are not ours."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from belts.refusal import Refusal
from belts.runtimes.process import toolchain
from bench.engine.servers import free_port, running, wait_for
from bench.swap import fixed
from bench.swap.counting import Move

FIRST = "blue"


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A running gateway that leads to `FIRST`; `move` returns when it leads elsewhere."""

    h1: int
    h2: int
    move: Callable[[str], None]


Opening = Callable[[Mapping[str, str]], AbstractContextManager[Way]]
"""Brings up a gateway between belts, given by name and address."""


class Missing(Refusal):
    """A program is missing on this machine; the text says which, and how to get it."""


def moved(way: Way, *, moves: int, seconds: float, gap: float) -> list[Move]:
    """Moves back and forth, evenly over this time, with a gap in which answers are observed."""
    found: list[Move] = []
    began = time.monotonic()
    for number in range(moves):
        to = ("green", FIRST)[number % 2]
        last = found[-1].ended if found else began
        time.sleep(max(0.0, max(began + number * seconds / moves, last + gap) - time.monotonic()))
        at = time.monotonic()
        way.move(to)
        found.append(Move(to=to, began=at, ended=time.monotonic()))
    time.sleep(max(gap, began + seconds - time.monotonic()))
    return found


@contextmanager
def caddy_reload(dials: Mapping[str, str]) -> Iterator[Way]:
    """The gateway's own config with a fixed upstream; a move posts another one to the admin endpoint."""
    port = free_port()
    with a_home() as home:
        admin = f"unix/{home}/admin.sock|0600"

        def config(belt: str) -> dict[str, object]:
            found = fixed.same(port, dials[belt], belt, home=home)
            return {**found, "admin": {"listen": admin, "config": {"persist": False}}}

        with caddy(config(FIRST), port=port, home=home):
            transport = httpx.HTTPTransport(uds=f"{home}/admin.sock")
            with httpx.Client(transport=transport, base_url="http://localhost", timeout=30) as endpoint:
                yield Way(
                    h1=port,
                    h2=port,
                    move=lambda belt: _fine(endpoint.post("/load", json=config(belt))),
                )


def _fine(answer: httpx.Response) -> None:
    answer.raise_for_status()


@contextmanager
def caddy(
    config: Mapping[str, object], *, port: int, home: Path, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """The gateway's Caddy with another config; without an environment it runs with its defaults."""
    path = home / f"caddy-{port}.json"
    path.write_text(json.dumps(config))
    command = [str(toolchain.caddy()), "run", "--config", str(path)]
    with running(command, {"HOME": str(home), **(environment or {})}):
        wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/"), httpx.TransportError)
        yield


@contextmanager
def nginx_reload(dials: Mapping[str, str]) -> Iterator[Way]:
    """A move rewrites an upstream file included in the config, and runs `nginx -s reload`."""
    nginx = program("nginx")
    h1, h2 = free_port(), free_port()
    with a_home() as home:
        (home / "nginx.conf").write_text(NGINX.format(home=home, h1=h1, h2=h2, user=_user()))

        def lead(belt: str) -> None:
            fresh = home / "upstream.new"
            fresh.write_text(f"upstream belt {{ server {dials[belt]}; keepalive 64; }}\n")
            fresh.rename(home / "upstream.conf")

        def move(belt: str) -> None:
            lead(belt)
            subprocess.run([*command, "-s", "reload"], check=True, capture_output=True, timeout=30)

        lead(FIRST)
        command = [nginx, "-p", str(home), "-e", str(home / "error.log"), "-c", str(home / "nginx.conf")]
        with running(command, {}):
            wait_for(lambda: httpx.get(f"http://127.0.0.1:{h1}/"), httpx.TransportError)
            yield Way(h1=h1, h2=h2, move=move)


@contextmanager
def haproxy_runtime(dials: Mapping[str, str]) -> Iterator[Way]:
    """`set server … addr … port …` on the runtime socket."""
    haproxy = program("haproxy")
    h1, h2 = free_port(), free_port()
    with a_home() as home:
        config = home / "haproxy.cfg"
        config.write_text(HAPROXY.format(home=home, h1=h1, h2=h2, dial=dials[FIRST]))

        def move(belt: str) -> None:
            host, _, port = dials[belt].rpartition(":")
            with socket.socket(socket.AF_UNIX) as wire:
                wire.settimeout(30)
                wire.connect(f"{home}/admin.sock")
                wire.sendall(f"set server belt/belt addr {host} port {port}\n".encode())
                said = wire.recv(4096).decode()
            if "changed" not in said:
                raise RuntimeError(f"HAProxy did not move: {said.strip()}")

        with running([haproxy, "-db", "-f", str(config)], {}):
            wait_for(lambda: httpx.get(f"http://127.0.0.1:{h1}/"), httpx.TransportError)
            yield Way(h1=h1, h2=h2, move=move)


def program(name: str) -> str:
    """The path of a program; Debian keeps servers out of the `PATH` of ordinary users."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise Missing(
            f"{name} is not measured",
            expected=f"{name} on this machine",
            seen="none",
            now=f"`apt-get install {name}`",
        )
    return found


@contextmanager
def a_home() -> Iterator[Path]:
    """A short temporary directory for one part."""
    home = Path(tempfile.mkdtemp(prefix="b-bench-", dir="/tmp"))
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _user() -> str:
    """Workers of a root's nginx would otherwise run as a user without access to its directory."""
    return "user root;" if os.geteuid() == 0 else ""


NGINX = """
daemon off; {user} worker_processes auto; pid {home}/nginx.pid; error_log {home}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 2m;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  map $http_upgrade $onward {{ default upgrade; '' ''; }}
  include {home}/upstream.conf;
  server {{
    listen 127.0.0.1:{h1};
    listen 127.0.0.1:{h2} http2;
    location / {{
      proxy_pass http://belt; proxy_http_version 1.1; proxy_read_timeout 1h;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $onward;
    }}
  }}
}}
"""
HAPROXY = """
global
  stats socket {home}/admin.sock mode 600 level admin
  maxconn 4096
defaults
  mode http
  timeout connect 3s
  timeout client 2m
  timeout server 60s
  timeout tunnel 1h
frontend door
  bind 127.0.0.1:{h1}
  bind 127.0.0.1:{h2} proto h2
  default_backend belt
backend belt
  server belt {dial}
"""
