"""A world in which everything is as it should be; each test says what is not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from graphql import build_schema, introspection_from_schema

from belts.runtimes.cost import Alive, Census
from belts.spec.budget import BUDGET
from gate.claims import Access
from gate.endpoints import Belt, Endpoints
from gate.finding import Finding
from gate.observations import (
    AliasSeen,
    Answers,
    DatabaseIdentity,
    DialSeen,
    EnumsSeen,
    FormsSeen,
    Heights,
    LockSeen,
    MetadataSeen,
    MetricsSeen,
    Observations,
    Progress,
    Relay,
    RowLimits,
    SchemaSeen,
    Served,
    Siblings,
    Turns,
    Unobserved,
)
from gate.observations.changed import Changed
from gate.observations.constructs import ConstructsSeen
from gate.observations.counts import Counts, EntityCounts
from gate.observations.dial import Between, Sealed
from gate.observations.doors import DoorsSeen
from gate.observations.followed import Followed, Pushed, Subscriptions
from gate.observations.forms import Form, ListForms
from gate.observations.graphql import RowLimit
from gate.observations.heights import ChainWatch, Look
from gate.observations.history import History
from gate.observations.holdings import EntityHolding, EventKind, Footprint, Holdings
from gate.observations.metadata import Declared, Permission, Tracked
from gate.observations.progress import ChainProgress
from gate.observations.rows import Basis, EntityRows, Group, Height, Rows, Totals
from gate.observations.served import ListServed, ViewServed
from gate.observations.sound import Rule, Rules, Sound
from gate.observations.truth import (
    BeginningSeen,
    BlocksSeen,
    ChainSeen,
    ContractSeen,
    GoldenSeen,
    LogSeen,
    Proof,
    ProviderSeen,
    Truth,
    WindowSeen,
)
from gate.observations.unobserved import Cause
from gate.observations.watched import ChainStretch, Stretch, Watched
from gate.outcome import Outcome
from gate.policy.chains import ExpectedChain
from gate.policy.groundtruth import Golden, GroundTruth
from gate.policy.model import Mode, Policy, RuntimePolicy
from gate.policy.proof import Extent
from gate.policy.signature import event_signature
from gate.policy.unproved import Unproved
from gate.secret import Address, Secret

NOW = datetime(2030, 1, 2, 12, 0, tzinfo=UTC)
LATER = date(2030, 2, 1)
YESTERDAY = date(2030, 1, 1)
CHAINS = (1, 10)

SDL = """
type query_root {
  Transfer(limit: Int, offset: Int, order_by: [order_by!]): [Transfer!]!
  Transfer_by_pk(id: String!): Transfer
  Account(limit: Int, offset: Int): [Account!]!
  chain_metadata(limit: Int, offset: Int): [chain_metadata!]!
}
type subscription_root { Transfer(limit: Int, offset: Int): [Transfer!]! }
schema { query: query_root subscription: subscription_root }
enum order_by { asc desc }
enum Kind { MINT BURN }
type Transfer { id: String! value: Int! memo: String kind: Kind! }
type Account { id: String! balance(in: String = "wei"): Int! }
type chain_metadata { chain_id: Int! }
"""


def unobserved(reason: str = "nobody answered", cause: Cause = Cause.UNREACHABLE) -> Unobserved:
    return Unobserved(reason=reason, cause=cause)


def belt(name: str, **changes: Any) -> Belt:
    return replace(
        Belt(
            graphql=Address(f"http://{name}.test:8080/v1/graphql"),
            admin_secret=Secret(f"{name}-admin-secret"),
            database=Secret(f"postgresql://gate:{name}-password@{name}.test:5432/belts"),
            metrics=Address(f"http://{name}.test:9898/metrics"),
            sources={number: (Address(f"https://own.test/{number}"),) for number in CHAINS},
        ),
        **changes,
    )


def endpoints(**changes: Any) -> Endpoints:
    standard = Endpoints(
        serving=belt("blue"), candidate=belt("green"), alias=Address("http://belts.test/v1/graphql")
    )
    return replace(standard, **changes)


def chain(chain_id: int = 1, **changes: Any) -> ExpectedChain:
    return replace(
        ExpectedChain(
            id=chain_id,
            rpc=(Address(f"https://independent.example/{chain_id}"),),
            indexed_from=(Address(f"https://own.test/{chain_id}"),),
        ),
        **changes,
    )


def ground_truth(chain_id: int = 1, **changes: Any) -> GroundTruth:
    return replace(
        GroundTruth(
            chain=chain_id,
            contract="0x" + "ab" * 20,
            event=event_signature("Transfer(address indexed from, address indexed to, uint256 value)"),
            entity="Transfer",
            goldens=(Golden(transaction="0x" + "11" * 32, log_index=0),),
        ),
        **changes,
    )


def policy(**changes: Any) -> Policy:
    standard = Policy(
        version=1,
        digest="d" * 64,
        mode=Mode.PARITY,
        chains=tuple(map(chain, CHAINS)),
        ground_truth=tuple(map(ground_truth, CHAINS)),
        runtime=RuntimePolicy(version="3.0.0-alpha.17", heap_mb=4096),
        proof=Extent.SAMPLING,
        unproved=(
            Unproved(entity="Account", reason="sums over transfers"),
            Unproved(entity="Transfer", columns=("memo", "kind"), reason="no event says them"),
        ),
    )
    return replace(standard, **changes)


def row(
    chain_id: int, *, caught_up: datetime | None, height: int | None = 100, start: int = 0
) -> ChainProgress:
    return ChainProgress(chain=chain_id, start_block=start, height=height, caught_up_at=caught_up)


def progress(
    *chains: int,
    caught_up: datetime | None = NOW - timedelta(days=9),
    door: Access = Access.GRAPHQL,
    height: int = 100,
) -> Progress:
    rows = (row(each, caught_up=caught_up, height=height) for each in chains or CHAINS)
    return Progress(door=door, chains=tuple(rows))


BLUE = progress(caught_up=NOW - timedelta(days=90))
GREEN = progress(caught_up=NOW - timedelta(days=2))


def watch(chain_id: int = 1, **changes: Any) -> ChainWatch:
    standard = ChainWatch(
        chain=chain_id,
        target=100,
        first=Look(head=100, candidate=99),
        last=Look(head=103, candidate=102),
        seconds=4.0,
        caught_up_at=NOW - timedelta(days=2),
    )
    return replace(standard, **changes)


def heights(*watches: ChainWatch) -> Heights:
    return Heights(ended=NOW, chains=watches or tuple(map(watch, CHAINS)))


def turns(**changes: Any) -> Turns:
    """Blue serves, and the alias leads to it."""
    standard = Turns(serving=BLUE, candidate=GREEN, alias=AliasSeen(progress=BLUE, belt="blue"))
    return replace(standard, **changes)


def watched(minutes: int = 120, *, until: datetime = NOW, **lags: int) -> Watched:
    """A journal that goes back so far without a gap; `c1=5` is how far chain 1 was behind all the time."""
    behind = {chain: lags.get(f"c{chain}", 1) for chain in CHAINS}
    begins = [until - timedelta(minutes=minute) for minute in range(minutes, 0, -1)]
    return Watched(
        tuple(
            Stretch(
                begin=begin,
                end=begin + timedelta(minutes=1),
                seeded=1,
                chains=tuple(
                    ChainStretch(chain=chain, height=100, head=100 + lag, lag=lag)
                    for chain, lag in behind.items()
                ),
            )
            for begin in begins
        )
    )


@cache
def introspection(sdl: str = SDL) -> Mapping[str, Any]:
    return dict(introspection_from_schema(build_schema(sdl)))


def schema(sdl: str = SDL, *, admin: str | None = SDL) -> SchemaSeen:
    return SchemaSeen(public=introspection(sdl), admin=introspection(admin) if admin else None)


def enums(*values: str) -> EnumsSeen:
    return EnumsSeen(types=(("kind", values or ("MINT", "BURN")),))


def limits(**lists: RowLimit | Unobserved) -> RowLimits:
    found = {"Account": limit(given=40), "Transfer": limit(given=1000, cut=True)} | lists
    return RowLimits(lists=tuple(found.items()))


def limit(*, given: int, cut: bool = False) -> RowLimit:
    return RowLimit(asked=10_001, given=given, cut=cut)


def forms(**fields: Form) -> FormsSeen:
    given = {"value": Form.TEXT} | fields
    kinds = {name: ("numeric", form) for name, form in given.items()}
    return FormsSeen(lists={"Transfer": ListForms(fields=kinds)})


def tracked(name: str = "Transfer", **changes: Any) -> Tracked:
    standard = Tracked(
        name=name,
        source="default",
        schema="public",
        table=name,
        permissions={"public": Permission(columns=None, limit=1000)},
    )
    return replace(standard, **changes)


def refers(remote: str = "Account", column: str = "from_id") -> Declared:
    return Declared(remote=remote, mapping=((column, "id"),), many=False)


def metadata(*tables: Tracked, more: tuple[str, ...] = ()) -> MetadataSeen:
    found = tables or (tracked(relationships={"from": refers()}),)
    return MetadataSeen(tables=(*found, tracked("chain_metadata")), more=more)


def list_served(**changes: Any) -> ListServed:
    standard = ListServed(
        entity="Transfer", role="public", held=1000, read=1000, whole=True, asked=9, constructs=constructs()
    )
    return replace(standard, **changes)


def constructs(**changes: Any) -> ConstructsSeen:
    return replace(ConstructsSeen(rows=12, asked=70), **changes)


def served(*lists: Any, views: tuple[Any, ...] | None = None) -> Served:
    shown = (ViewServed(view="chain_metadata", chains=2),) if views is None else views
    return Served(lists=lists or (list_served(),), views=shown)


def one_followed(**changes: Any) -> Followed:
    return replace(Followed(field="Transfer", role="public", read=100, asked=2), **changes)


def followed(*fields: Any, progress: Any = None) -> Subscriptions:
    told = Pushed(view="chain_metadata", times=2) if progress is None else progress
    return Subscriptions(fields=fields or (one_followed(),), progress=told)


def database(**changes: Any) -> DatabaseIdentity:
    standard = DatabaseIdentity(
        system_identifier=7_000_000_000_000_000_001,
        database_oid=16_384,
        database="belts",
        schema="public",
        chain_table_oid=16_500,
        version=160_004,
    )
    return replace(standard, **changes)


def metrics(**changes: Any) -> MetricsSeen:
    standard = MetricsSeen(
        at=NOW,
        version="3.0.0-alpha.17",
        heap_limit_mb=4144,
        reseeds=False,
        started=NOW - timedelta(days=1),
        started_before=NOW - timedelta(days=1),
        database=(2, database().database_oid),
    )
    return replace(standard, **changes)


def counts() -> Counts:
    group = Group(chain="1", serving=1000, candidate=1000)
    entity = EntityCounts(entity="Transfer", basis="at block", reason="it has a block", groups=(group,))
    return Counts(door=Access.DATABASE, entities=(entity,), heights=(compared_at(),))


def compared_at(**changes: Any) -> Height:
    standard = Height(chain=1, block=36, serving=100, candidate=102, rule="64 blocks below", behind=768)
    return replace(standard, **changes)


def content() -> Rows:
    entity = EntityRows(
        entity="Transfer",
        basis=Basis.AT_BLOCK,
        reason="it has a block",
        groups=(
            Group(chain="1", serving=600, candidate=600),
            Group(chain="10", serving=400, candidate=400),
        ),
        totals=Totals(),
        columns=("id", "value", "memo", "kind"),
        chained=True,
    )
    return Rows(heights=(compared_at(),), entities=(entity,))


def holdings(**changes: Any) -> Holdings:
    """The candidate's one table; accounts are only in what GraphQL offers."""
    entity = EntityHolding(
        entity="Transfer", columns=("id", "value", "memo", "kind"), key=("id",), chained=True
    )
    return replace(Holdings(chains=CHAINS, entities=(entity,)), **changes)


def footprint() -> Footprint:
    """What the candidate has received where nothing serves yet: the events that the policy asks for."""
    kinds = (
        EventKind(chain=each, contract="Token", address="0x" + "ab" * 20, event="Transfer") for each in CHAINS
    )
    return Footprint(candidate=dict.fromkeys(kinds, 1000))


def sound(**kinds: Rules | Unobserved) -> Sound:
    """Nothing contradicts itself, over a few rows."""
    holds = {
        name: Rules(rules=(Rule(about=f"its {name} agree", looked=1000),))
        for name in ("events", "rows", "bounds", "history", "references")
    }
    return Sound(**(holds | kinds))


def log(**changes: Any) -> LogSeen:
    standard = LogSeen(
        block=7,
        block_hash="0x" + "77" * 32,
        log_index=0,
        transaction="0x" + "11" * 32,
        address="0x" + "ab" * 20,
        topics=(ground_truth().event.topic0,),
        data="0x",
    )
    return replace(standard, **changes)


def golden_seen(**changes: Any) -> GoldenSeen:
    standard = GoldenSeen(
        transaction="0x" + "11" * 32, log_index=0, log=log(), key="1_7_0", row=True, raw=True
    )
    return replace(standard, **changes)


def window_seen(**changes: Any) -> WindowSeen:
    standard = WindowSeen(first=1, last=200, around=True, logs=3, proof=Proof(words="two providers agree"))
    return replace(standard, **changes)


def contract_seen(**changes: Any) -> ContractSeen:
    promise = ground_truth()
    standard = ContractSeen(
        contract=promise.contract,
        event=promise.event.text,
        entity=promise.entity,
        goldens=(golden_seen(),),
        windows=(window_seen(),),
        beginning=BeginningSeen(block=0, words="the contract's creation", code=True, started=0),
        compared=("value", "block"),
    )
    return replace(standard, **changes)


def chain_seen(chain_id: int = 1, **changes: Any) -> ChainSeen:
    host = f"https://independent.example/{chain_id}"
    standard = ChainSeen(
        chain=chain_id,
        new=False,
        providers=(ProviderSeen(address=host, provider=host, independent=True, chain=chain_id),),
        contracts=(contract_seen(),),
        blocks=BlocksSeen(compared=8, received=8),
    )
    return replace(standard, **changes)


def truth(*chains: ChainSeen) -> Truth:
    return Truth(seed=42, chains=chains or tuple(map(chain_seen, CHAINS)))


def doors(shown: Progress, before: Progress | None = None, after: Progress | None = None) -> DoorsSeen:
    """What GraphQL shows, beside a database that stands where it does unless a case says otherwise."""
    return DoorsSeen(shown=shown, rows=Between(before=before or shown, after=after or before or shown))


def seen(**changes: Any) -> Observations:
    """Both belts answer, differ, are whole, at the head and compatible."""
    standard = Observations(
        began=NOW,
        endpoints=endpoints(),
        turns=turns(),
        serving_answers=Answers(public=0.01, admin=0.01),
        candidate_answers=Answers(public=0.01, admin=0.01),
        serving_chains=BLUE,
        candidate_chains=GREEN,
        serving_rows=replace(BLUE, door=Access.DATABASE),
        candidate_rows=replace(GREEN, door=Access.DATABASE),
        relay=Relay(dialled={}),
        heights=heights(),
        watched=watched(),
        serving_schema=schema(),
        candidate_schema=schema(),
        serving_enums=enums(),
        candidate_enums=enums(),
        serving_changed=Changed(),
        candidate_changed=Changed(),
        serving_limits=limits(),
        candidate_limits=limits(),
        serving_forms=forms(),
        candidate_forms=forms(),
        serving_metadata=metadata(),
        candidate_metadata=metadata(),
        candidate_metrics=metrics(),
        served=served(),
        followed=followed(),
        counts=counts(),
        content=content(),
        sound=sound(),
        truth=truth(),
        history=History(sampled=True),
        holdings=holdings(),
        footprint=Footprint(candidate={}, parity=True),
        serving_database=database(system_identifier=1),
        candidate_database=database(system_identifier=2),
        lock=LockSeen(taken_on_both=True),
        dial=DialSeen(dial="green.test:8080", dialled=Sealed.FITS),
        serving_doors=doors(BLUE),
        candidate_doors=doors(GREEN),
        siblings=siblings(),
    )
    return replace(standard, **changes)


def alive(name: str, **changes: Any) -> Alive:
    """A belt of 9 GB that was brought up twelve hours ago: 53.83 a month."""
    standard = Alive(name=name, budget=BUDGET, memory_mb=9 * 1024, born=NOW - timedelta(hours=12))
    return replace(standard, **changes)


def siblings(*belts: Alive, **changes: Any) -> Siblings:
    """Blue and green alone, of which blue serves by its lease."""
    census = Census(
        alive=belts or (alive("blue", serves=True, held=("it serves for gateway",)), alive("green"))
    )
    return replace(Siblings(census=census, candidate="green", serving="blue"), **changes)


def first_alias(**changes: Any) -> Observations:
    """The same candidate, where nothing serves yet."""
    nothing = unobserved("no belt serves yet", Cause.NOT_GIVEN)
    return seen(
        **{
            "endpoints": endpoints(serving=None),
            "turns": turns(serving=None, alias=nothing),
            "serving_answers": nothing,
            "serving_chains": nothing,
            "serving_rows": nothing,
            "serving_schema": nothing,
            "serving_enums": nothing,
            "serving_limits": nothing,
            "serving_forms": nothing,
            "serving_metadata": nothing,
            "serving_database": nothing,
            "serving_doors": nothing,
            "siblings": siblings(alive("green"), serving=None),
            "lock": nothing,
            "counts": nothing,
            "content": nothing,
            "footprint": footprint(),
            "heights": heights(*(watch(each, target=None) for each in CHAINS)),
        }
        | changes
    )


def outcomes(finding: Finding) -> dict[str, Outcome]:
    """The worst outcome of every part, by its name."""
    found: dict[str, Outcome] = {}
    for point in finding.points:
        found[point.part.name] = max(point.outcome, found.get(point.part.name, Outcome.PASSED))
    return found


def words(finding: Finding) -> str:
    """Everything that a finding says of what does not hold."""
    return "\n".join(
        f"{point.part.path}: {point.observed}"
        for point in finding.points
        if point.outcome is not Outcome.PASSED
    )
