"""A hosting platform before a belt: TLS by an authority of the test, and a path, by a real Caddy."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from belts.runtimes.process import toolchain
from tests.live.hosts import listens, wait_until

PATH = "/belt-1"


@contextmanager
def hosting(directory: Path, *, port: int, certificate: Path, behind: str) -> Iterator[str]:
    """Where the belt behind this address, `HOST:PORT`, answers GraphQL to the world."""
    file = directory / "platform.json"
    file.write_text(json.dumps(_config(port, certificate, behind)))
    with (directory / "platform.log").open("wb") as log:
        process = subprocess.Popen(
            [toolchain.caddy(), "run", "--config", str(file)],
            stdout=log,
            stderr=log,
            env={"XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)},
        )
    try:
        wait_until(lambda: listens(port), "the platform to listen")
        yield f"https://localhost:{port}{PATH}/v1/graphql"
    finally:
        process.terminate()
        process.wait(30)


def _config(port: int, certificate: Path, behind: str) -> dict[str, Any]:
    route = {
        "match": [{"path": [f"{PATH}/*"], "host": ["localhost"]}],
        "handle": [
            {"handler": "rewrite", "strip_path_prefix": PATH},
            {"handler": "reverse_proxy", "upstreams": [{"dial": behind}]},
        ],
    }
    server = {
        "listen": [f"127.0.0.1:{port}"],
        "routes": [route],
        "automatic_https": {"disable": True},
        "tls_connection_policies": [{}],
    }
    pem = str(certificate)
    return {
        "admin": {"disabled": True},
        "apps": {
            "http": {"servers": {"platform": server}},
            "tls": {"certificates": {"load_files": [{"certificate": pem, "key": pem}]}},
        },
    }
