"""The command lines of anvil: one that builds a past, and one that continues it in real time."""

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
    """Mines only on request, from a fixed genesis, on a free port; writes `state` when it ends."""
    return (
        *(str(toolchain.anvil()), f"--chain-id={chain}", "--port=0", "--no-mining", f"--timestamp={genesis}"),
        *(f"--dump-state={state}", *_COMMON),
    )


def living(
    chain: int, *, port: int, block_time: float, loaded: Path, saved: Path, save_every: int
) -> tuple[str, ...]:
    """Continues from `loaded` in real time; writes `saved` at intervals, and when it ends."""
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
