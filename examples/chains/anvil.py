"""The command lines of anvil: one that builds a past by hand, one that lives."""

from pathlib import Path

from belts.runtimes.process import toolchain

_COMMON = (
    "--host=127.0.0.1",
    "--accounts=2",
    "--gas-limit=1000000000",  # a block of the past holds hundreds of events
    "--order=fifo",  # the order of a block's transactions is the order they were sent in
    "--slots-in-an-epoch=4",  # "finalized" is eight blocks behind the head, less than any belt's reorg depth
    "--prune-history",  # keeps no old states: they would pile up under the home directory
    "--no-request-size-limit",
    "--no-cors",
)


def building(chain: int, *, genesis: int, state: Path) -> tuple[str, ...]:
    """Mines only when told, from a fixed genesis, on a port of its choice; writes `state` when it ends."""
    return (
        *(str(toolchain.anvil()), f"--chain-id={chain}", "--port=0", "--no-mining", f"--timestamp={genesis}"),
        *(f"--dump-state={state}", *_COMMON),
    )


def living(
    chain: int, *, port: int, block_time: float, loaded: Path, saved: Path, save_every: int
) -> tuple[str, ...]:
    """Goes on from `loaded`, at the time of the wall; writes `saved` now and then, and when it ends."""
    return (
        *(
            str(toolchain.anvil()),
            f"--chain-id={chain}",
            f"--port={port}",
            f"--block-time={block_time}",
            "--silent",
        ),
        *(f"--load-state={loaded}", f"--dump-state={saved}", f"--state-interval={save_every}", *_COMMON),
    )
