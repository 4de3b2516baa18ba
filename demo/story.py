"""What the demo shows, in the order in which an operator would do it."""

import re
import shutil
import textwrap
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from belts.refusal import Refusal
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import prover_note
from demo import configs, fault, gate, ports
from demo.belt import Belt, NoAnswer, Progress, ask, head
from demo.consumer import Consumer
from demo.engine import Engine, EngineFailed, said
from demo.place import STACKS, Place
from demo.screen import Screen

SYNC_S = 900.0
POLL_S = 0.5
WINDOW = 12
"""The number of blocks in a sample, of which each chain has four. The default exceeds these young chains."""
SAYING = re.compile(r"\n\n|^ *\S+ \(\S+\):\n", re.MULTILINE)
"""Matches the boundary between two messages to the operator, mainly those of one resource."""


class StoryBroken(Refusal):
    """Something is not as the demo's story describes it."""

    def __init__(self, expected: str, *, seen: str) -> None:
        super().__init__(
            "the demo is not as it is told",
            expected=expected,
            seen=seen,
            now="`make demo` goes on from here; what stays so is a fault of Belts",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """The demo in one checkout."""

    place: Place
    engine: Engine
    screen: Screen
    events: int

    def tell(self) -> None:
        """Runs the demo from nothing, or from where an earlier run ended, to two belts behind one alias."""
        self._prepare()
        rpc = self._chains()
        with self.screen.step("pulumi up --stack blue: Postgres, GraphQL engine, Envio indexer"):
            blue_up = self._up("blue")
        self.screen.say(
            "── pulumi up --stack green   # in a second terminal: it is seeded while blue is put to use"
        )
        with ThreadPoolExecutor(max_workers=1) as second_terminal:
            green_up = second_terminal.submit(self._up, "green")
            blue = self._caught_up("blue", rpc, since=blue_up)
            url = self._gateway(rpc)
        green = self._caught_up("green", rpc, since=green_up.result())
        self._promise(url, {"blue": blue.outputs, "green": green.outputs})
        with Consumer(url) as consumer:
            self._refused()
            self._let_through()
            self._move("green", url, consumer, "the promotion: the gate once more, then the alias moves")
            self._move("blue", url, consumer, "the rollback: not gated, verified")
            self._move("green", url, consumer, "green once more: what was rolled back from is gated again")
            self._kept("green")
            self._sum_up(consumer, blue, green)
        self.screen.plain(NEXT.format(url=url, check=f"python {' '.join(gate.arguments(self.place))}"))

    def _prepare(self) -> None:
        first = ports.block(self.place.ports, seed=str(self.place.checkout))
        known = self.engine.stacks()
        for stack in STACKS:
            configs.write(self.place, stack, first_port=first, events=self.events)
            if stack not in known:
                self.engine.init(stack)
        self.screen.say(f"ports {first} to {first + ports.SIZE - 1} are this checkout's")

    def _chains(self) -> Mapping[int, str]:
        with self.screen.step("pulumi up --stack chains: six local chains with a past"):
            self.engine.up("chains")
        rpc = {int(chain): url for chain, url in self.engine.outputs("chains")["rpc"].items()}
        heads = {chain: head(url) for chain, url in sorted(rpc.items())}
        self.screen.say("chains: " + ", ".join(f"{chain} at {height:,}" for chain, height in heads.items()))
        self.screen.say(ONE_NODE)
        gate.write_policy(self.place.promise, gate.policy(self.place.hosts, rpc, window=WINDOW))
        return rpc

    def _up(self, name: str) -> float:
        """Bring a belt up, and return the moment at which that was done."""
        self.engine.up(name)
        return time.monotonic()

    def _caught_up(self, name: str, rpc: Mapping[int, str], *, since: float) -> Belt:
        belt = Belt(outputs=self.engine.outputs(name), rpc=rpc)
        progress = self._synced(name, belt)
        took = time.monotonic() - since
        events = sum(each.events for each in progress)
        rows = ", ".join(f"{count:,} {entity}" for entity, count in belt.rows().items())
        chains = ", ".join(str(each.chain) for each in progress)
        self.screen.say(
            f"{name} is at the head of {len(progress)} chains ({chains}), {took:.0f} s after it was up\n"
            f"{events:,} events; rows: {rows}"
        )
        return belt

    def _synced(self, name: str, belt: Belt) -> tuple[Progress, ...]:
        """Wait until the belt has caught up on every chain, twice in a row."""
        end, times = time.monotonic() + SYNC_S, 0
        seen: tuple[Progress, ...] = ()
        while time.monotonic() < end:
            try:
                seen = belt.progress()
            except NoAnswer as silence:
                self.screen.progress(f"{name}: {silence.brief}")
            times = times + 1 if seen and all(each.in_step for each in seen) else 0
            if times == 2:
                return seen
            self.screen.progress(f"{name}: " + "  ".join(_bar(each) for each in seen))
            time.sleep(POLL_S)
        raise StoryBroken(f"{name} at the head of its chains within {SYNC_S:g} s", seen=f"it is at {seen}")

    def _gateway(self, rpc: Mapping[int, str]) -> str:
        gate.write_policy(self.place.policy, gate.first(self.place.hosts, rpc, window=WINDOW))
        with self.screen.step(
            "pulumi up --stack gateway: ledger, Caddy, and the gate before the first alias"
        ):
            self.engine.set("gateway", "upstream", "blue")
            self.engine.up("gateway")
        url = str(self.engine.outputs("gateway")["url"])
        self._served("blue", url, chains=4)
        return url

    def _promise(self, url: str, belts: Mapping[str, Mapping[str, Any]]) -> None:
        """Compare green with what its prover has been checking while it ran, and point the alias to green."""
        said = prover_note.said(Layout(root=self.place.hosts, belt="green"))
        self.screen.say(f"green's prover, which has run beside it: {said or 'nothing yet'}")
        shutil.copyfile(self.place.promise, self.place.policy)
        gate.write_endpoints(self.place, belts, url)
        self.engine.set("gateway", "upstream", "green")

    def _refused(self) -> None:
        """Show that a belt which answers 200 and says that it is synced, but has wrong rows, is refused."""
        fault.plant(self.place)
        self.screen.say(f"a fault is planted: {fault.PLANTED}")
        with self.screen.step("pulumi preview --stack gateway"):
            preview = self.engine.preview("gateway")
        self.screen.plain(said(preview.text))
        if preview.passed:
            raise StoryBroken("green refused for the rows that it lost", seen="it was let through")
        fault.mend(self.place)
        self.screen.say("refused, in preview already, and nothing was touched; the fault is mended")

    def _let_through(self) -> None:
        with self.screen.step("pulumi preview --stack gateway"):
            preview = self.engine.preview("gateway")
        self.screen.plain(said(preview.text))
        if not preview.passed:
            raise StoryBroken("green to pass the gate", seen="it was refused")

    def _move(self, to: str, url: str, consumer: Consumer, what: str) -> None:
        title = f"pulumi config set upstream {to} --stack gateway && pulumi up --stack gateway   # {what}"
        with self.screen.step(title), consumer.watching() as watched:
            self.engine.set("gateway", "upstream", to)
            began = time.monotonic()
            told = self.engine.up("gateway")
            took = time.monotonic() - began
            self.screen.say(of_the_writer(told, to))
            self._served(to, url, chains=6 if to == "green" else 4)
            time.sleep(0.5)
        self.screen.say(f"the update took {took:.1f} s; requests meanwhile: {watched}")
        if watched.failures:
            raise StoryBroken("no request to fail during the move", seen=str(watched))

    def _kept(self, belt: str) -> None:
        """Show that the belt which serves cannot be destroyed by mistake."""
        with self.screen.step(f"pulumi destroy --run-program --stack {belt}"):
            try:
                self.engine.destroy(belt)
            except EngineFailed as refusal:
                self.screen.plain(said(refusal.log_tail))
            else:
                raise StoryBroken(f"{belt} to stay, as it serves", seen="it was destroyed")
        self.screen.say(f"refused: {belt} serves")

    def _served(self, belt: str, url: str, *, chains: int) -> None:
        """Check that the alias answers from this belt now, and print its heights."""
        heights = {
            row["chainId"]: row["progressBlock"]
            for row in ask(url, "{ _meta { chainId progressBlock } }")["_meta"]
        }
        told = ", ".join(f"{chain} at {height:,}" for chain, height in sorted(heights.items()))
        self.screen.say(f"the alias answers from {belt} with {len(heights)} chains: {told}")
        if len(heights) != chains:
            raise StoryBroken(f"{belt} to answer with {chains} chains", seen=f"the alias has {len(heights)}")

    def _sum_up(self, consumer: Consumer, blue: Belt, green: Belt) -> None:
        events = {
            name: sum(each.events for each in belt.progress())
            for name, belt in (("blue", blue), ("green", green))
        }
        self.screen.say(
            f"done: blue has {events['blue']:,} events, green {events['green']:,}; "
            f"of {consumer.asked:,} requests to the alias {len(consumer.failures)} failed"
        )


def of_the_writer(text: str, belt: str) -> str:
    """The messages about the move of the alias, without the gate's report, which the preview has shown."""
    parts = SAYING.split(text)
    own = next((part for part in parts if re.search(rf"^ *{belt} serves: ", part, re.MULTILINE)), "")
    return textwrap.dedent(own).strip("\n") or f"{belt} serves"


def _bar(progress: Progress) -> str:
    share = progress.block / progress.head if progress.head > 0 else 0
    return f"{progress.chain} {max(0, min(100, int(share * 100)))}%"


ONE_NODE = (
    "each has one node, which gate and belts ask alike; the policy says `oneNode: true`, so that logs count"
    " by receipts roots alone"
)
NEXT = """
Everything goes on running. Next:
  python -m belts status             # what runs, and where its logs are
  {check}
  curl -s {url} -d '{{"query": "{{ _meta {{ chainId progressBlock }} }}"}}'
  python -m gate history                  # where the alias went, and by whose word
  pulumi config set upstream blue --stack gateway && pulumi up --stack gateway
  make down                               # end all of it
(`make shell` opens a shell in which `pulumi` and `python` are this checkout's.)
"""
