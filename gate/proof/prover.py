"""Proves the whole history of every chain: reads the chains, then compares the candidate's rows."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from gate.endpoints import Side
from gate.observations.history import ChainHistory, ChainUnproved, EntityHistory, History
from gate.observations.progress import Progress
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import DEFAULT_REORG_DEPTH, ExpectedChain, Finality, Receipts
from gate.policy.groundtruth import GroundTruth
from gate.probes.database import catalog, progress
from gate.probes.database.session import Snapshot, connect
from gate.probes.rpc import blocks
from gate.probes.rpc.provider import Provider, number, provider_of
from gate.probes.unseen import UnseenError
from gate.probes.world import World
from gate.proof import registry
from gate.proof.comparing import Part, Proved, common_height, compared, unread
from gate.proof.creation import demand_contract, first_block
from gate.proof.footprint import Asked, registering, source_of
from gate.proof.forecast import Forecast
from gate.proof.form import Form
from gate.proof.forming import asked_of
from gate.proof.rows import View, chain_of, counted
from gate.proof.store import Keeping, Nowhere
from gate.proof.walk import Walk, Walked, Witnesses
from gate.proof.young import young

MOST_AGAIN = 100
"""The most pieces of one chain that one run requests again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prover:
    """The prover, ready to run: where it stores the chains' answers, and how it reports its progress.

    `exactly` is for a verdict: everything up to the candidate's last final block, and no block beyond it.
    Without it, the chains are walked ahead of a belt that is still filling.
    """

    keeping: Keeping = field(default_factory=Nowhere)
    forecast: Forecast = field(default_factory=Forecast)
    enough: Callable[[], bool] = lambda: False
    exactly: bool = False
    most_again: int = MOST_AGAIN

    async def prove(self, world: World) -> History:
        """Proves every expected chain. No connection stays open during the walk, which may take days."""
        async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
            tables, held = await catalog.read(snapshot), await progress.within(snapshot)
        plans = await asyncio.gather(*(self._plan(world, one, tables, held) for one in world.policy.chains))
        good = [plan for plan in plans if isinstance(plan, _Plan)]
        await asyncio.gather(*(plan.close() for plan in good))
        with self.forecast.read():
            async with connect(world, Side.CANDIDATE) as database, database.snapshot() as snapshot:
                held = await progress.within(snapshot)
                found = await _compared(snapshot, tables, held, good, world.policy.ground_truth)
        if self.exactly:
            found = list(await asyncio.gather(*(self._above(world, tables, good, one) for one in found)))
        unproved = [plan for plan in plans if isinstance(plan, ChainUnproved)]
        return History(
            chains=tuple(sorted([*found, *unproved], key=lambda chain: chain.chain)),
            seconds=self.forecast.seconds,
        )

    async def _above(
        self,
        world: World,
        tables: catalog.Catalog,
        plans: Sequence["_Plan"],
        chain: ChainHistory | ChainUnproved,
    ) -> ChainHistory | ChainUnproved:
        """Adds what is not final yet, only for a verdict, and only if everything below is known."""
        if isinstance(chain, ChainUnproved) or chain.open or self.enough():
            return chain
        walk = next(plan.walk for plan in plans if plan.chain == chain.chain)
        return replace(chain, young=await young(world, walk, tables, chain.reached))

    async def _plan(
        self, world: World, expected: ExpectedChain, tables: catalog.Catalog, held: Progress
    ) -> "_Plan | ChainUnproved":
        """Plans what one chain is asked, and up to which block."""
        try:
            witnesses = await _witnesses(world, expected)
            final = await _final(world, expected, witnesses)
            height = min(_reached(held, expected.id), final) if self.exactly else final
            truths = [truth for truth in world.policy.ground_truth if truth.chain == expected.id]
            asked, unable = await self._asked(world, truths, tables, witnesses, height)
        except UnseenError as unseen:
            return ChainUnproved(chain=expected.id, why=unseen.unobserved)
        walk = Walk(
            chain=expected.id,
            witnesses=witnesses,
            asked=asked,
            height=height,
            keeping=self.keeping,
            forecast=self.forecast,
            seed=world.seed,
            again_at_most=self.most_again,
            enough=self.enough,
        )
        return _Plan(chain=expected.id, walk=walk, unable=unable)

    async def _asked(
        self,
        world: World,
        truths: Sequence[GroundTruth],
        tables: catalog.Catalog,
        witnesses: Witnesses,
        height: int,
    ) -> tuple[tuple[Asked, ...], tuple[EntityHistory, ...]]:
        """Every event of one chain with its first block, and those that the candidate cannot hold."""
        starts: dict[str, int] = {}
        found = [await self._begun(asked, witnesses, height, starts) for asked in registering(truths)]
        unable = []
        for truth in truths:
            try:
                asked = asked_of(truth, tables, world.policy.entity(truth.entity))
                found.append(await self._begun(asked, witnesses, height, starts))
            except UnseenError as unseen:
                unable.append(unread(truth.entity, [source_of(truth).words], unseen.unobserved))
        return tuple({asked.key: asked for asked in found}.values()), tuple(unable)

    async def _begun(self, asked: Asked, witnesses: Witnesses, height: int, starts: dict[str, int]) -> Asked:
        """Adds the first block: the policy's, else that of the creation by an independent provider."""
        by = asked.source.registered_by
        contract = asked.source.address or (by.contract if by is not None else "")
        if asked.start is not None or not contract:
            return asked
        if contract not in starts:
            starts[contract] = await self._start(contract, witnesses, height)
        return replace(asked, start=starts[contract])

    async def _start(self, contract: str, witnesses: Witnesses, height: int) -> int:
        provider = witnesses.providers[0]
        if witnesses.alone:  # no root proves where a contract begins, and nothing below that would be asked
            await demand_contract(provider, contract)
            return 0
        return await first_block(provider, contract, height, self.keeping)


@dataclass(kw_only=True, slots=True)
class _Plan:
    """One chain that is being proved."""

    chain: int
    walk: Walk
    unable: tuple[EntityHistory, ...]
    walked: Walked | Unobserved | None = None

    async def close(self) -> None:
        """Walks the chain."""
        try:
            self.walked = await self.walk.walk()
        except UnseenError as unseen:
            self.walked = unseen.unobserved


def _reached(held: Progress, chain: int) -> int:
    """The candidate's last block of a chain."""
    row = held.of(chain)
    if row is None or row.height is None:
        raise UnseenError(f"the candidate has no block of chain {chain} yet", Cause.UNDECIDABLE)
    return row.height


async def _witnesses(world: World, expected: ExpectedChain) -> Witnesses:
    """The providers that serve the chain: independent ones, else the belts' own with receipts roots."""
    faults: list[UnseenError] = []

    async def good(addresses: Iterable[object]) -> list[Provider]:
        found = []
        for address in expected.rpc:
            if address in addresses:
                try:
                    found.append(await provider_of(world, address, expected.id))
                except UnseenError as unseen:
                    faults.append(unseen)
        return found

    standard = expected.receipts is Receipts.STANDARD
    independent = await good(expected.independent)
    own = [] if independent or not standard else await good(expected.rpc)
    if not independent and not own:
        raise (
            faults[0]
            if faults
            else UnseenError(
                f"chain {expected.id} has no provider that is not the belts' own source", Cause.NOT_GIVEN
            )
        )
    return Witnesses(providers=tuple(independent or own), alone=not independent, standard=standard)


async def _final(world: World, expected: ExpectedChain, witnesses: Witnesses) -> int:
    """The last block that can no longer be rewritten."""
    final = await blocks.finalized(world, expected.id) if expected.finality is Finality.TAG else None
    if final is not None:
        return final
    provider = witnesses.providers[0]
    head = number(await provider.call("eth_blockNumber"), provider, "eth_blockNumber")
    return head - expected.reorg_depth


async def _compared(
    snapshot: Snapshot,
    tables: catalog.Catalog,
    held: Progress,
    plans: Sequence[_Plan],
    truths: Sequence[GroundTruth],
) -> list[ChainHistory | ChainUnproved]:
    """Compares the rows of every entity with what the chains require, in one scan per entity."""
    proved: dict[int, Proved] = {}
    for plan in plans:
        row = held.of(plan.chain)
        if isinstance(plan.walked, Walked) and row is not None and row.height is not None:
            height = common_height(plan.walked.said, plan.walk.asked, min(row.height, plan.walk.height))
            if height is not None:
                proved[plan.chain] = Proved(walk=plan.walk, said=plan.walked.said, height=height)
    entities: dict[int, list[EntityHistory]] = {plan.chain: list(plan.unable) for plan in plans}
    for parts in _views(tables, proved, held, truths):
        try:
            _demand_chains(parts[0].view, held)
            found = await compared(snapshot, parts, await counted(snapshot, parts[0].view))
        except UnseenError as unseen:
            names = [each.source.words for each in parts[0].asked]
            entity = parts[0].view.form.entity
            found = [(part.chain, unread(entity, names, unseen.unobserved)) for part in parts]
        for chain, history in found:
            entities[chain].append(history)
    strange = {
        chain: await registry.unlike(
            snapshot, tables, chain, one.height, [(a, one.said.get(a.key, ())) for a in one.walk.asked]
        )
        for chain, one in proved.items()
    }
    chains = [
        _history(plan, held, proved.get(plan.chain), entities[plan.chain], strange.get(plan.chain, ()))
        for plan in plans
    ]
    return [
        replace(one, behind=await _behind(plan, one)) if isinstance(one, ChainHistory) else one
        for plan, one in zip(plans, chains, strict=True)
    ]


async def _behind(plan: _Plan, chain: ChainHistory) -> int | None:
    """The seconds of the chain above the final block; not asked for if there are few blocks."""
    if chain.reached - chain.wanted <= DEFAULT_REORG_DEPTH:
        return None
    for provider in plan.walk.witnesses.providers:
        with suppress(UnseenError):
            last, head = await blocks.headers(provider, [max(0, chain.wanted), "latest"])
            if head.number >= chain.reached:
                head = await blocks.header(provider, chain.reached)
            if head.number >= chain.reached - DEFAULT_REORG_DEPTH:  # it may be some blocks behind the belt
                return head.timestamp - last.timestamp
    return None


def _demand_chains(view: View, held: Progress) -> None:
    """Raises if a belt has several chains and a row does not name its own."""
    if chain_of(view.form) is None and len(held.chains) > 1:
        raise UnseenError(
            f"rows of {view.form.entity} do not say of which chain they are, in a column or in `rowId`",
            Cause.UNDECIDABLE,
        )


def _views(
    tables: catalog.Catalog,
    proved: Mapping[int, Proved],
    held: Progress,
    truths: Sequence[GroundTruth],
) -> list[list[Part]]:
    """The entities to read, each once with all chains on which its rows have the same form."""
    groups: dict[object, dict[int, list[Asked]]] = {}
    for chain, one in proved.items():
        for asked in one.walk.asked:
            form = asked.form
            if form is not None:
                groups.setdefault(form.alike, {}).setdefault(chain, []).append(asked)
    found = []
    for chains in groups.values():
        forms = {chain: asked[0].form for chain, asked in chains.items() if asked[0].form is not None}
        table = tables.table(next(iter(forms.values())).entity)
        if table is not None:
            edges = {chain: proved[chain].edges_of(asked) for chain, asked in chains.items()}
            view = View(table=table, forms=forms, edges=edges, named=named_by(truths, forms.values()))
            found.append(
                [
                    Part(
                        view=view,
                        chain=chain,
                        asked=asked,
                        proved=proved[chain],
                        progress=_reached(held, chain),
                    )
                    for chain, asked in chains.items()
                ]
            )
    return found


def named_by(truths: Iterable[GroundTruth], forms: Iterable[Form]) -> frozenset[int]:
    """The chains for which the policy names an event with the same rows of the same entity."""
    wanted = {(form.entity, form.where) for form in forms}
    return frozenset(truth.chain for truth in truths if (truth.entity, truth.where) in wanted)


def _history(
    plan: _Plan,
    held: Progress,
    proved: Proved | None,
    entities: Sequence[EntityHistory],
    strange: tuple[str, ...],
) -> ChainHistory | ChainUnproved:
    row = held.of(plan.chain)
    if isinstance(plan.walked, Unobserved):
        return ChainUnproved(chain=plan.chain, why=plan.walked)
    if plan.walked is None or row is None or row.height is None:
        words = f"the candidate has no block of chain {plan.chain} yet"
        return ChainUnproved(chain=plan.chain, why=Unobserved(reason=words, cause=Cause.UNDECIDABLE))
    said = [one for records in plan.walked.said.values() for one in records]
    height = -1 if proved is None else proved.height
    return ChainHistory(
        chain=plan.chain,
        first=min((asked.start or 0 for asked in plan.walk.asked), default=0),
        height=height,
        reached=row.height,
        wanted=min(row.height, plan.walk.height),
        known=plan.walk.height if not plan.walked.open else plan.walked.open[0].first - 1,
        logs=sum(entity.logs for entity in entities),
        ranges=len(said),
        entities=tuple(sorted(entities, key=lambda one: one.entity)),
        open=plan.walked.open,
        disputes=plan.walked.disputes,
        notes=plan.walked.notes,
        strange=strange,
        providers=plan.walked.providers,
        again=plan.walked.again,
        rooted=plan.walk.witnesses.alone,
    )
