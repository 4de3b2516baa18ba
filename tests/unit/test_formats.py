"""What one release writes down and another reads: each format stands in a file, under its version."""

import inspect
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi import Output

from belts import envio
from belts.envio.change import kept
from belts.files import write_private_json
from belts.pulumi.component import Belt
from belts.pulumi.here import RETIREMENT
from belts.runtimes.process import binding
from belts.runtimes.process.binding import Toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import host_identity
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.wire import recorded, request
from belts.runtimes.process.wire.request import written
from belts.spec import identity
from belts.spec.engine import ExternalHasura
from belts.spec.gateway import StatusEndpoint, Watched, WebhookSender
from belts.spec.postgres import Ledger
from belts.spec.prover import Prover
from belts.spec.relay import Relay
from gate.alias import directory as alias
from gate.alias import state as served
from gate.alias.certificate import memory
from gate.alias.decide import measures
from gate.alias.decide.measures import Measure
from gate.alias.directory import Directory
from gate.alias.order.elsewhere import WRITER
from gate.alias.remote import remote
from gate.alias.remote.intent import INTENT, PLACES
from gate.alias.state import Standing
from gate.alias.store import AliasDamaged, AliasRefused, AliasUntold
from gate.claims import Access
from gate.observations.enums import EnumsSeen
from gate.observations.forms import Form, FormsSeen, ListForms
from gate.observations.graphql import RowLimit, RowLimits, SchemaSeen
from gate.observations.metadata import Declared, MetadataSeen, Permission, Tracked
from gate.observations.progress import ChainProgress, Progress
from gate.observations.rows import Basis
from gate.observations.state import BeltState, Bucket, EntityState, GroupState, Place
from gate.observations.unobserved import Unobserved
from gate.probes.database.marks import Mark
from gate.probes.database.transactions import Older
from stacks import alias as stack_alias
from stacks import outputs
from tests.identities import identity as some_identity
from tests.unit.belts.specs import belt, by_url, edge, gateway, local_chains
from tests.unit.envio.projects import a_chain, a_config, a_contract, a_project
from tests.unit.gate.alias.remote.platform import GREEN, Platform

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
PROVER = Prover(
    policy=Path("/policy.yaml"), digest="d", variables=("RPC_1",), evidence=Path("/e"), key_file=Path("/k")
)


TOOLCHAIN = Toolchain(
    checkout=Path("/belts"),
    code=Path("/belts/.tools/code/c"),
    python=Path("/belts/.venv/bin/python"),
    packages="p",
)


def requests() -> list[Any]:
    """A request of every part."""
    watching = StatusEndpoint(
        chains=(Watched(id=1, rpc="http://127.0.0.1:8545"), Watched(id=10, secret=True))
    )
    whole = gateway(
        ledger=Ledger(port=5432), status_endpoint=watching, webhook_sender=WebhookSender(signed=True)
    )
    elsewhere = belt(hasura=ExternalHasura(url="https://hasura.example"))
    changing = belt(
        prover=PROVER,
        environment={"A": "1"},
        forward_only=f"forward-{'0' * 12}",
        relay=Relay(port=7501, requests_per_second=20),
    )
    away = by_url(edge=edge(ca=Path("/ca.pem"), authorities="PEM", catalogue="c", noted="p"))
    found = [written(changing), written(whole), written(local_chains()), written(away)]
    every = [each for parts in found for each in parts.values()] + [written(elsewhere)["engine"]]
    assert {each["part"] for each in every} == set(request.PARTS)
    return every


def state(tmp_path: Path) -> Any:
    """What is kept beside the alias after two promotions."""
    blue, green = (
        Standing(belt=name, identity=name[0] * 64, dial="127.0.0.1:8501", heights={1: 100, 10: 7})
        for name in ("blue", "green")
    )
    first = served.first(blue, since="2026-01-01T00:00:00.000+00:00", move=1, certificate="c-1")
    then = first.promoted(
        green, left={1: 120}, since="2026-01-02T00:00:00.000+00:00", move=2, certificate=None
    )
    then = then.broken(datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), at=datetime(2026, 1, 2, tzinfo=UTC))
    Directory(tmp_path / "alias", "gateway").swap(then)
    kept = {path.name: path.read_text() for path in (tmp_path / "alias" / "current").iterdir()}
    owner = json.loads((tmp_path / "alias" / "owner.json").read_text())
    written = {"owner.json": owner, "route": kept["route"], "state.json": json.loads(kept["state.json"])}
    return written | {"byways": kept["byways"]}


async def exported() -> Any:
    """What the stack of a belt exports; secrets stand here as anybody who may read them has them."""
    told = {
        "graphql": "http://127.0.0.1:8501/v1/graphql",
        "metrics": "http://127.0.0.1:9501/metrics",
        "dial": "127.0.0.1:8501",
        "identity": identity.written(some_identity()),
        "sources": {"1": ["http://127.0.0.1:8545"]},
        "admin_secret": "a",
        "passwords": {"gate": "g", "consumer": "c"},
        "logins": {"gate": "gate", "consumer": "consumer"},
        "hosts": {"gate": "127.0.0.1", "consumer": "127.0.0.1"},
        "database": "belts",
    }
    made = SimpleNamespace(**{name: Output.from_input(value) for name, value in told.items()})
    found = outputs.exports(belt(), cast("Belt", made))
    return {
        name: await value.future() if isinstance(value, Output) else value for name, value in found.items()
    }


def remembered() -> Any:
    """What a certificate remembers of a belt in whose every part there is something."""
    entity = EntityState(
        entity="Account",
        basis=Basis.AT_BLOCK,
        place=Place(chain="chainId", block="block", keyed=True),
        key=("id",),
        columns={"id": "text"},
        heights={1: 100},
        until={1: 1_700_000_000},
        groups=(
            GroupState(chain="1", rows=3, fingerprint="f", buckets=(Bucket(number=7, keys="8", rows="9"),)),
        ),
    )
    chain = ChainProgress(
        chain=1, start_block=0, height=100, end_block=None, caught_up_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    way = Declared(remote="Transfer", schema="public", many=True, mapping=(("id", "account_id"),))
    right = Permission(columns=None, filter={}, limit=1_000, aggregates=False, roots=None, subscriptions=None)
    tracked = Tracked(
        name="Account",
        source="default",
        schema="public",
        table="Account",
        columns=(("chain", "chainId"),),
        roots=(("select", "accounts"),),
        relationships={"transfers": way},
        permissions={"public": right},
        more=("computed_fields",),
    )
    return memory.encode(
        memory.Memory(
            state=BeltState(progress=Progress(door=Access.DATABASE, chains=(chain,)), entities=(entity,)),
            schema=SchemaSeen(public={"data": {}}, admin={"data": {}}),
            enums=EnumsSeen(types=(("status", ("OPEN", "CLOSED")),)),
            limits=RowLimits(lists=(("Account", RowLimit(asked=10, given=10, cut=True)),)),
            marks={
                "raw_events": Mark(
                    oid=1,
                    file=2,
                    deleted=3,
                    updated=4,
                    columns="c",
                    older=Older(since=5, rows=6, every=True, server="2026-01-01"),
                )
            },
            seconds=0.5,
            forms=FormsSeen(lists={"Account": ListForms(fields={"id": ("String", Form.TEXT)})}),
            metadata=MetadataSeen(tables=(tracked,), more=("remote_schemas",)),
        )
    )


def host(tmp_path: Path) -> Any:
    """What a root says of itself; on which machine and where it is differs from run to run."""
    host_identity.settle(tmp_path, f"alice-laptop-{'0' * 16}")
    kept = json.loads(host_identity.file_of(tmp_path).read_text())
    assert kept["root"] == str(tmp_path.resolve())
    return kept | {"machine": "0" * 16, "root": "/hosts"}


def elsewhere(tmp_path: Path) -> Any:
    """What is kept beside an alias that lives elsewhere, with a move under way; no secret is in it."""
    platform = Platform(tmp_path).serving()
    once = "sys.exit(7) if 'green' in (here / 'calls').read_text() else print('http://127.0.0.1:9')"
    platform.lead("http://127.0.0.1:9")
    mute = platform.alias(gets=once, variables={"TOKEN": "hush"}, stdin="hush", arrive=1)
    measures.note(
        mute, Measure(writer="w", belt="green", since="s", asked=9, failed=1, mixed=timedelta(seconds=1.5))
    )
    with pytest.raises(AliasUntold):
        mute.swap(GREEN)
    mute._remember()
    found = {name: json.loads(mute.kept(name) or "") for name in (WRITER, INTENT, PLACES, measures.NAME)}
    text = json.dumps(found).replace(str(tmp_path), "/platform").replace(sys.executable, "/python")
    assert "hush" not in text
    return json.loads(text)


def project(tmp_path: Path) -> Any:
    """What is kept of the project that a belt has, with something under every key."""
    contract = a_contract(name="Vault", abi_file_path="vault.json", events=[{"event": "Opened"}])
    chain = a_chain(1, rpc={"url": "https://me:secret@rpc.example/key", "for": "sync", "headers": {"k": "v"}})
    config = a_config(contracts=[a_contract(), contract], chains=[chain])
    package = {"dependencies": {"envio": "3.0.0-alpha.17", "viem": "2.0.0", "x": "git+https://t@h.example/x"}}
    place = a_project(tmp_path, config=config, package=package, files={"vault.json": "[]"})
    return kept.written(kept.of(envio.read(place, "config.yaml")))


FORMATS: dict[str, tuple[int, Callable[..., Any]]] = {
    "request": (request.VERSION, requests),
    "host": (host_identity.VERSION, host),
    "identity": (identity.VERSION, lambda: identity.written(some_identity())),
    "alias": (alias.VERSION, state),
    "elsewhere": (remote.VERSION, elsewhere),
    "outputs": (outputs.VERSION, exported),
    "memory": (memory.VERSION, remembered),
    "project": (kept.VERSION, project),
    "toolchain": (binding.VERSION, lambda: binding.written(TOOLCHAIN)),
    # A name that the engine looks up in the state of deployed stacks has no version: it stays.
    "hooks": (1, lambda: {"a part goes": RETIREMENT, "the alias goes": stack_alias.END}),
}


@pytest.mark.parametrize("name", FORMATS)
async def test_a_format_is_its_versions(name: str, tmp_path: Path) -> None:
    """It changes only with a new version, and what the versions before it were stays on record."""
    version, sample = FORMATS[name]
    for earlier in range(1, version):
        assert (GOLDEN / f"{name}.v{earlier}.json").is_file()
    found = sample(tmp_path) if inspect.signature(sample).parameters else sample()
    found = await found if inspect.isawaitable(found) else found
    golden = json.loads((GOLDEN / f"{name}.v{version}.json").read_text())
    now = json.loads(json.dumps(found))
    assert now == golden, f"what is written as {name} changed: raise its version, and add a file for that"


def test_every_golden_file_is_of_a_format() -> None:
    """No file stays behind for a format that nobody writes."""
    assert {path.name.partition(".")[0] for path in GOLDEN.iterdir()} == set(FORMATS)


def test_what_a_certificate_remembers_is_read_as_it_was_written() -> None:
    """Every part of it comes back."""
    told = remembered()
    found = memory.decode(json.loads(json.dumps(told)))
    assert isinstance(found, memory.Memory)
    assert memory.encode(found) == told


def test_a_request_of_a_later_release(tmp_path: Path) -> None:
    """What was asked for then is refused with the command that wrote it; nobody heals or moves it."""
    layout = Layout(root=tmp_path, belt="blue")
    asked = written(belt())["postgres"] | {"version": request.VERSION + 1, "later": True}
    write_private_json(layout.request("postgres"), asked)
    with pytest.raises(Refused) as refused:
        recorded.of_belt(layout)
    assert "`python -m belts apply` of a later release wrote" in refused.value.seen
    assert refused.value.now == "run this with that release"


def test_a_state_of_a_later_release(tmp_path: Path) -> None:
    """The alias stays; it is not taken for damaged, which whoever repairs it would write over."""
    state(tmp_path)
    file = tmp_path / "alias" / "current" / "state.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"version": alias.VERSION + 1}))
    with pytest.raises(AliasRefused, match="which `pulumi up` of another release wrote") as refused:
        alias.read(tmp_path / "alias")
    assert not isinstance(refused.value, AliasDamaged)


def test_a_memory_of_a_later_release() -> None:
    """Nothing of it is taken for what was certified."""
    found = memory.decode(remembered() | {"version": memory.VERSION + 1})
    assert isinstance(found, Unobserved)
    assert "which `pulumi up` of a later release wrote" in found.reason
