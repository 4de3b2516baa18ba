"""What a gateway takes from a belt's stack, and what it refuses by name."""

from dataclasses import replace
from typing import Any

import pytest

from belts.database_url import database_url
from belts.spec.identity import written
from belts.spec.outlet import Outlet
from stacks import outputs
from stacks.outputs import OutputsRefused
from tests.identities import identity
from tests.unit.belts.specs import belt


def exported(**changes: Any) -> dict[str, Any]:
    """The outputs of a belt's stack as the engine hands them over: every number is a float."""
    return {
        "outputsVersion": 1.0,
        "belt": "blue",
        "graphql": "http://127.0.0.1:8501/v1/graphql",
        "dial": "127.0.0.1:8501",
        "metrics": "http://127.0.0.1:9501/metrics",
        "footprint": {"chains": [1.0, 10.0], "contracts": []},
        "identity": written(identity("771", database_oid=16390)) | {"databaseOid": 16390.0, "version": 1.0},
        "sources": {"1": ["http://127.0.0.1"]},
        "adminSecret": "hush-4711",
        "databases": {
            "gate": "postgresql://gate:hush-4711@127.0.0.1:5501/belts",
            "consumer": "postgresql://…",
        },
        **changes,
    }


def refused(**changes: Any) -> str:
    """The refusal of these outputs."""
    with pytest.raises(OutputsRefused) as refusal:
        outputs.parse("blue", exported(**changes))
    return str(refusal.value)


def test_outputs_of_a_belt() -> None:
    """Numbers are whole again, and nothing secret shows when the outputs are printed."""
    read = outputs.parse("blue", exported())

    assert read.identity == identity("771", database_oid=16390)
    assert read.admin_secret == "hush-4711"
    assert "hush" not in repr(read)


def test_stack_never_brought_up() -> None:
    """No outputs at all: the next command is named."""
    with pytest.raises(OutputsRefused, match=r"(?s)never brought up.*`pulumi up --stack blue`"):
        outputs.parse("blue", {})


def test_secrets_not_decrypted() -> None:
    """The engine hands over `{}` for a secret that it cannot decrypt; each such one is named."""
    assert "adminSecret encrypted with another passphrase" in refused(adminSecret={})
    assert "adminSecret and databases encrypted" in refused(adminSecret={}, databases={})


def test_outputs_of_another_version() -> None:
    """Another version is not guessed at."""
    assert "version 0.5" in refused(outputsVersion=0.5)
    assert "a stack that is no belt" in refused(outputsVersion=None)
    later = refused(outputsVersion=2.0)
    assert "version 2, which `pulumi up` of a later release wrote" in later
    assert "run this with the release that brought the belt up" in later


@pytest.mark.parametrize(
    "name", ["belt", "graphql", "metrics", "footprint", "identity", "sources", "adminSecret", "databases"]
)
def test_output_missing_or_of_another_type(name: str) -> None:
    """Whatever is not as the contract says is named."""
    assert name in refused(**{name: None})
    assert name in refused(**{name: 7})


def test_belt_without_a_dial() -> None:
    """A belt behind TLS or another path cannot be dialled; the refusal gives no user or password away."""
    told = refused(dial=None, graphql="https://me:hush@h/v1/graphql")

    assert "put a local edge in front" in told
    assert "hush" not in told


def test_databases_of_a_belt() -> None:
    """Readers get URLs of their own roles, by the login that the host names; no role that writes has one."""
    passwords = {"indexer": "i", "engine": "e", "gate": "g/1", "consumer": "c"}
    hosts = {"gate": "/srv/blue/sockets/host", "consumer": "127.0.0.1"}

    assert outputs.database_urls(belt(), passwords, {"consumer": "consumer_2"}, hosts, "belts") == {
        "gate": "postgresql://gate:g%2F1@%2Fsrv%2Fblue%2Fsockets%2Fhost:5501/belts",
        "consumer": "postgresql://consumer_2:c@127.0.0.1:5501/belts",
    }


def test_a_database_that_readers_cannot_reach() -> None:
    """Its URL is not exported: it would open nothing for those who read past GraphQL."""
    url = database_url(login="consumer", password="c@c", host="/srv/blue/sockets/host", port=1, database="b")
    closed = outputs.parse("blue", exported(databases={"gate": url, "consumer": url}))
    with pytest.raises(OutputsRefused, match=r"postgres\.tcp: true") as caught:
        outputs.open_to_readers("blue", closed)
    assert "c@c" not in str(caught.value)
    reached = outputs.parse("blue", exported())
    assert outputs.open_to_readers("blue", reached) is reached


def test_a_belt_of_which_less_is_known() -> None:
    """One by URL may have no metrics, no project and no URL for readers; the last is asked for by name."""
    known = outputs.parse(
        "blue",
        exported(metrics="", footprint={}, sources={}, databases={"gate": "postgresql://…", "consumer": ""}),
    )

    assert known.metrics == ""
    with pytest.raises(OutputsRefused, match="consumerDatabaseUrl"):
        outputs.open_to_readers("blue", known)


def test_readers_on_other_hosts() -> None:
    """They are told the outlet, by a name that its certificate is for; the gate stays at the socket."""
    outlet = Outlet(address="10.0.0.5", port=5434, allowed=("10.0.0.0/24",), host="db.example")
    spec = belt()
    spec = replace(spec, postgres=replace(spec.postgres, outlet=outlet))
    hosts = {"gate": "/srv/blue/sockets/host", "consumer": "db.example"}
    found = outputs.database_urls(spec, {"gate": "g", "consumer": "c"}, {}, hosts, "belts")
    assert found == {
        "gate": f"postgresql://gate:g@%2Fsrv%2Fblue%2Fsockets%2Fhost:{spec.postgres.port}/belts",
        "consumer": "postgresql://consumer:c@db.example:5434/belts?sslmode=verify-full",
    }
    read = outputs.parse("blue", exported(databases=found, consumerCa="PEM"))
    assert outputs.open_to_readers("blue", read) is read
    assert (read.consumer_ca, outputs.parse("blue", exported()).consumer_ca) == ("PEM", None)
