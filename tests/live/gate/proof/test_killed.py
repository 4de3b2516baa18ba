"""`python -m gate prove` killed at any moment, as by a machine that goes away: the next run goes on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from tests.live.gate.chain.chains import EVENT, Anvil, Twist
from tests.live.gate.content.belt import Belt
from tests.live.gate.relay import Question, Reply
from tests.live.hosts import CHECKOUT

pytestmark = [pytest.mark.live, pytest.mark.deep, pytest.mark.timeout(300)]


def url(dsn: str) -> str:
    """The database as a file of endpoints names it."""
    of = conninfo_to_dict(dsn)
    who = quote(str(of["user"])) + (f":{quote(str(of['password']), safe='')}" if of.get("password") else "")
    return f"postgresql://{who}@{of['host']}:{of['port']}/{of['dbname']}"


class Killing:
    """A provider that kills whoever asks, at its n-th question."""

    def __init__(self) -> None:
        self.asker: subprocess.Popen[str] | None = None
        self.left = 10**9

    def twist(self, _: Question, upstream: Callable[[], Reply]) -> Reply:
        self.left -= 1
        if self.left == 0 and self.asker is not None:
            os.kill(self.asker.pid, signal.SIGKILL)
        return upstream()


class Command:
    """The command, with its files and its folder of evidence."""

    def __init__(self, place: Path, belt: Belt, anvil: Anvil, door: str) -> None:
        self.place = place
        candidate = {"graphql": "http://127.0.0.1:9/v1/graphql", "database": url(belt.dsn)}
        truth = {
            "chain": anvil.chain,
            "contract": anvil.contract,
            "event": EVENT.text.replace("uint256", "uint256 amount"),
            "entity": "Payment",
            "columns": {"amount": "amount"},
            "goldens": [{"transaction": "0x" + "00" * 32, "logIndex": 0}],
        }
        chain = {"rpc": [door], "indexedFrom": ["https://own.example.com"], "finality": "depth"}
        policy = {
            "version": 1,
            "mode": "parity",
            "chains": {anvil.chain: chain | {"reorgDepth": 1}},
            "groundTruth": [truth],
        }
        (place / "endpoints.yaml").write_text(yaml.safe_dump({"serving": "none", "candidate": candidate}))
        (place / "policy.yaml").write_text(yaml.safe_dump(policy))

    def start(self, evidence: str) -> "subprocess.Popen[str]":
        files = [
            "--endpoints",
            str(self.place / "endpoints.yaml"),
            "--policy",
            str(self.place / "policy.yaml"),
        ]
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gate",
                "prove",
                "--json",
                *files,
                "--evidence",
                str(self.place / evidence),
            ],
            cwd=CHECKOUT,
            env={**os.environ, "BELTS_EVIDENCE_KEY": "of a test"},
            stdout=subprocess.PIPE,
            text=True,
        )

    def done(self, evidence: str) -> tuple[int, dict[str, Any]]:
        """The exit code of a run that is let to its end, and what it says of the one chain."""
        process = self.start(evidence)
        said, _ = process.communicate(timeout=120)
        [chain] = json.loads(said)["chains"]
        return process.returncode, {
            name: chain[name] for name in ("first", "height", "logs", "entities", "open", "disputes")
        }


def test_killed_at_any_question(
    candidate: Belt, anvil: Anvil, behind: Callable[[Twist], str], tmp_path: Path
) -> None:
    """Until it has come to its end once; that run says what one says that nobody has disturbed."""
    killing = Killing()
    command = Command(tmp_path, candidate, anvil, behind(killing.twist))
    undisturbed = command.done("undisturbed")
    assert undisturbed[0] == 0, undisturbed
    ended, moment = 0, 0
    while not ended:
        moment += 1
        killing.left = moment
        killing.asker = command.start("disturbed")
        killing.asker.communicate(timeout=120)
        ended = killing.asker.returncode != -signal.SIGKILL
        killing.asker = None
        assert moment < 60
    assert moment > 3
    killing.left = 10**9
    assert command.done("disturbed") == undisturbed
