"""New credentials for a belt that serves, as an operator makes them, and all that has to hold then."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import psycopg

from belts.runtimes.process.host import Host
from gate.alias.order import ledger_address
from tests.live.stacks.world import World


def rotate(world: World, belt: str) -> None:
    """The diff shows one number, the belt is who it was, and the gateway has nothing to promote."""
    old, said = world.outputs(belt), len(world.said)
    pids, known = world.pids(belt), ledger_rows(world)
    world.set(belt, "credentials", "2")
    diff = world.preview(belt, "--diff").text
    world.up(belt)
    new = world.outputs(belt)
    told = world.up("gateway")

    changes = ["".join(line.split()) for line in diff.splitlines() if "credentials" in line]
    assert changes == ["~credentials:1=>2"] * 3, diff
    assert (new["identity"], new["graphql"]) == (old["identity"], old["graphql"])
    assert new["databases"]["consumer"].startswith("postgresql://consumer_2:")
    assert not set(secrets(old)) & set(secrets(new))
    assert f"the alias stays on {belt}" in told
    assert ledger_rows(world) == known
    assert [name for name, pid in world.pids(belt).items() if pids[name] != pid] == ["indexer"]
    for url in (*old["databases"].values(), *new["databases"].values()):
        psycopg.connect(url).close()
    printed = "".join(world.said[said:])
    assert [secret for secret in (*secrets(old), *secrets(new)) if secret in printed] == []
    for stack in (belt, "gateway"):
        world.up(stack, "--expect-no-changes")


def secrets(outputs: Mapping[str, Any]) -> list[str]:
    """The admin secret and the passwords of a belt, as its stack exports them."""
    return [outputs["adminSecret"], *(urlsplit(url).password or "" for url in outputs["databases"].values())]


def ledger_rows(world: World) -> int:
    """How many verdicts and moves the ledger holds."""
    url = ledger_address.of_place(Host(world.hosts), "gateway")
    assert url is not None
    with psycopg.connect(url.reveal()) as connection:
        row = connection.execute(
            "select (select count(*) from verdicts) + (select count(*) from moves)"
        ).fetchone()
    assert row is not None
    return int(row[0])
