"""Local chains for development: one anvil each, with a past that is made once and kept."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from belts.files import private_dir, remove_tree
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.files.secrets import Secrets
from belts.runtimes.process.supervise import readiness, supervisor
from belts.runtimes.process.supervise.programs import Program
from belts.spec.chains import TRAFFIC, Chain, Chains

PART = "chains"
NO_SECRETS = Secrets({})


def apply(layout: Layout, request: Chains) -> Mapping[str, Any]:
    private_dir(layout.of_part(PART))
    supervisor.remove(layout, _kept(layout) - set(request.programs))
    for chain in request.chains:
        supervisor.converge(layout, program(layout, request, chain))
    for chain in request.chains:
        readiness.wait(
            layout,
            chain.program,
            partial(_probe, layout, chain),
            expected=f"chain {chain.id} with its past on 127.0.0.1:{chain.port}",
            deadline_s=request.traffic.ready_deadline.total_seconds(),
            secrets=NO_SECRETS,
        )
    if request.traffic.live:
        supervisor.converge(layout, traffic(layout, request))
    return {"rpc": {str(chain.id): _url(chain) for chain in request.chains}}


def remove(layout: Layout) -> None:
    supervisor.remove(layout, _kept(layout))
    remove_tree(layout.of_part(PART))


def program(layout: Layout, request: Chains, chain: Chain) -> Program:
    """The program makes the chain's past if it is missing, then becomes anvil."""
    home = layout.of_part(PART)
    command = ["-m", f"{request.traffic.project.name}.chains", "serve", "--directory", str(home)]
    command += ["--chain", str(chain.id), "--port", str(chain.port)]
    command += ["--seed", str(request.traffic.seed), "--events", str(request.traffic.events)]
    command += ["--kept", str(toolchain.CHECKOUT / ".tools" / "pasts")]
    if chain.block_time is not None:
        command += ["--block-time", f"{chain.block_time.total_seconds():g}"]
    return _python(layout, request, chain.program, command)


def traffic(layout: Layout, request: Chains) -> Program:
    """The program that makes events on the chains after their past."""
    command = ["-m", f"{request.traffic.project.name}.traffic", "--events", str(request.traffic.events)]
    for chain in request.chains:
        command += ["--rpc", f"{chain.id}={_url(chain)}"]
    return _python(layout, request, TRAFFIC, command)


def _python(layout: Layout, request: Chains, name: str, command: list[str]) -> Program:
    # The project and the tools it needs are the checkout's own: these chains serve for trying things out.
    paths = request.traffic.project.parent, kept_code.code(), toolchain.CHECKOUT
    return Program(
        name=name,
        argv=(str(toolchain.python()), *command),
        cwd=layout.of_part(PART),
        env={"PYTHONPATH": ":".join(map(str, paths)), "PYTHONUNBUFFERED": "1"},
        stop_wait_s=20,
    )


def _url(chain: Chain) -> str:
    return f"http://127.0.0.1:{chain.port}"


def _kept(layout: Layout) -> set[str]:
    """The programs of this part that were ever requested."""
    found = (*layout.programs.glob("chain-*.conf"), *layout.programs.glob(f"{TRAFFIC}.conf"))
    return {file.stem for file in found}


def _probe(layout: Layout, chain: Chain) -> str | None:
    """None once the chain answers with its id; until then, the last log line of making its past."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    headers = {"Content-Type": "application/json"}
    try:
        with urlopen(Request(_url(chain), json.dumps(asked).encode(), headers), timeout=2) as response:  # noqa: S310 -- a URL of our own making
            seen = int(json.load(response)["result"], 16)
    except (URLError, OSError, ValueError, KeyError):
        said = readiness.tail(layout.log(chain.program), 1)
        return said.strip()[:160] or "nothing said yet"
    return None if seen == chain.id else f"chain {seen} answers where {chain.id} should"
