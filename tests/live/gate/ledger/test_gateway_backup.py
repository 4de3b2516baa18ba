"""A gateway that is lost as a whole: alias, ledger and secrets come back in another root, by the page."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from belts.spec.gateway import alias_of
from gate.alias import directory
from gate.alias import state as served
from gate.alias.directory import Directory
from gate.alias.state import Standing
from gate.ledger import LedgerRefused
from tests.conftest import Ports
from tests.live.gate.ledger.test_ledger import BLUE, GREEN, HERE, promote, verdict
from tests.live.gate.ledgers import of_host
from tests.live.gate.verdicts import promotion
from tests.live.hosts import CHECKOUT, Hosts

pytestmark = pytest.mark.live


def typed(heading: str, at: Path, hosts: Hosts, *, port: int = 0) -> None:
    """The commands of the page where an operator stands; where it says `pulumi up`, the ledger is applied."""
    (at / ".belts").mkdir(exist_ok=True)
    (at / ".belts" / "hosts").unlink(missing_ok=True)
    (at / ".belts" / "hosts").symlink_to(hosts.root)
    text = (CHECKOUT / "docs" / "backup.md").read_text()
    lines = text.partition(f"\n## {heading}\n")[2].split("```")[1].strip().splitlines()
    for line in lines:
        if line.startswith("pulumi up"):
            hosts.apply("ledger", belt="gateway", port=port)
        elif not line.startswith("pulumi"):
            path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            done = subprocess.run(
                ["/bin/sh", "-ec", f"umask 077\n{line}"],
                cwd=at,
                env={"PATH": path, "PYTHONPATH": str(CHECKOUT)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_a_gateway_in_another_root(hosts: Hosts, ports: Ports, tmp_path: Path) -> None:
    """The alias leads where it led, the rows count as its own, and what was not used by then is void."""
    hosts.apply("ledger", belt="gateway", port=ports.one())
    alias = alias_of(hosts.root / "gateway")
    blue, green = (
        Standing(belt=name, identity=name[0] * 64, dial="127.0.0.1:8501", heights={1: 7})
        for name in ("blue", "green")
    )
    first = served.first(blue, since="2026-01-01T00:00:00.000+00:00", move=1, certificate="c-1")
    then = first.promoted(green, left={1: 8}, since="2026-01-02T00:00:00.000+00:00", move=2, certificate=None)
    Directory(alias, "gateway").swap(then)
    with of_host(hosts.root, HERE) as ledger:
        promote(ledger, BLUE)
        promote(ledger, GREEN, BLUE)
        unused = verdict(BLUE, GREEN)
        ledger.record_verdict(unused)
        moves = ledger.moves()
    typed("To keep them", tmp_path, hosts)

    with Hosts.temporary() as elsewhere:
        typed("To restore a gateway", tmp_path, elsewhere, port=ports.one())
        back = alias_of(elsewhere.root / "gateway")
        assert directory.read(back) == then
        assert Directory(back, "gateway").owner() == "gateway"
        assert (back / "current" / "route").read_text() == (alias / "current" / "route").read_text()
        held, now = hosts.secrets("gateway"), elsewhere.secrets("gateway")
        assert now == held
        with of_host(elsewhere.root, HERE) as ledger:
            assert ledger.moves() == moves
            assert ledger.unsealed() == ()
            with pytest.raises(LedgerRefused, match="is void: this ledger was restored"):
                ledger.begin(promotion(unused))
            promote(ledger, BLUE, GREEN)
