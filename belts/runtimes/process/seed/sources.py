"""Refuses to index a chain from another chain's RPC, before a row of it is written.

Two swapped URLs make a belt that is complete, at the head and wrong in every row. A URL that does not answer
is no reason to refuse: the indexer waits for it too.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

from belts.files import write_private_json
from belts.provider.routes import Upstream
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import note
from belts.runtimes.process.seed.workspace import Workspace
from belts.spec.indexer import Indexer

SECONDS = 5.0
AT_ONCE = 16
HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "belts"}


def refuse_other_chains(
    layout: Layout, request: Indexer, space: Workspace, env: Mapping[str, str]
) -> Mapping[int, tuple[str, ...]]:
    """Asks every RPC of the config for its chain, and records the URLs."""
    from belts.envio.sources import origin, sources  # noqa: PLC0415 -- needed once in an indexer's start

    known = sources(space.project, request.config, env)
    asked = [(chain, url) for chain, urls in sorted(known.items()) for url in urls]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        told = list(threads.map(lambda one: chain_of(one[1]), asked))
    for (chain, url), seen in zip(asked, told, strict=True):
        if seen is None:
            note(f"{layout.belt}: indexer: {origin(url)} does not say which chain it serves (chain {chain})")
        elif seen != chain:
            raise Refused(
                f"{layout.belt}: its indexer would take chain {chain} from another chain",
                expected=f"an RPC of chain {chain} at {origin(url)}",
                seen=f"one of chain {seen}",
                now=f"correct the URL of chain {chain} in {request.project / request.config}, or the"
                " variable that it comes from, and run `pulumi up` again",
            )
    write_private_json(file_of(layout), {str(chain): list(urls) for chain, urls in known.items()})
    return known


def refuse_unrelayed(
    layout: Layout, known: Mapping[int, tuple[str, ...]], upstreams: tuple[Upstream, ...]
) -> None:
    """Refuses RPCs that would bypass the relay: neither its budget nor its routes would include them."""
    relayed = {(one.chain, one.url) for one in upstreams}
    asked = {(chain, url) for chain, urls in known.items() for url in urls}
    if relayed != asked:
        chains = sorted({chain for chain, _ in relayed ^ asked})
        raise Refused(
            f"{layout.belt}: its relay would not stand in front of every RPC that its config names",
            expected="each URL of a chain written where that chain's `rpc` is",
            seen=f"another reading of chain {', '.join(map(str, chains))}, as where two chains share one by"
            " an alias of YAML",
            now="write the URLs out in the config, or take `indexer.relay` out of the belt's stack",
        )


def file_of(layout: Layout) -> Path:
    """The file with the URLs that the belt indexes from: a prover must ask other providers."""
    return layout.of_part("indexer") / "sources.json"


def by_host(request: Indexer, space: Workspace, env: Mapping[str, str]) -> dict[str, list[str]]:
    """The origins that each chain is indexed from, without keys: a judge of the belt asks other providers."""
    from belts.envio.sources import origins  # noqa: PLC0415 -- as above

    known = origins(space.project, request.config, env)
    return {str(chain): list(urls) for chain, urls in sorted(known.items())}


def chain_of(url: str) -> int | None:
    """The chain id that an RPC reports; None if it does not answer."""
    question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()
    try:
        with urlopen(Request(url, question, HEADERS), timeout=SECONDS) as answer:  # noqa: S310 -- http and https only
            return int(json.load(answer)["result"], 16)
    except (OSError, ValueError, KeyError, TypeError):
        return None
