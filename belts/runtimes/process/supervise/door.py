"""One HTTP exchange over a unix socket in a directory, however long the directory's path is."""

import http.client
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    text: str


def ask(
    directory: Path,
    name: str,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer | str:
    """What is answered behind the socket, or in words why nothing is.

    The socket is reached through a descriptor of its directory: its path may have 107 characters only.
    """
    connection = http.client.HTTPConnection("localhost", timeout=PATIENCE_S)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(PATIENCE_S)
    descriptor = -1
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        connection.sock.connect(f"/proc/self/fd/{descriptor}/{name}")
        told = {"Content-Type": "application/json", "Host": "", **(headers or {})}
        connection.request(method, path, json.dumps(body) if body is not None else None, told)
        response = connection.getresponse()
        return Answer(status=response.status, text=response.read().decode())
    except (OSError, http.client.HTTPException) as why:
        return str(why) or type(why).__name__
    finally:
        connection.close()
        if descriptor >= 0:
            os.close(descriptor)
