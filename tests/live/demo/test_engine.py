"""Ctrl-C while Pulumi runs: the demo ends after it, since what Pulumi cannot end stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.live

PULUMI = """#!/bin/sh
cp "$(command -v sleep)" pulumi-language-python
./pulumi-language-python 61 >&- 2>&- &
echo $! > forgotten
trap 'sleep 1; touch ended; exit 1' INT
touch begun
while :; do sleep 0.05; done
"""
CALLS = {
    "preview": "engine.preview('gateway')",
    "an update": "engine.up('gateway')",
    "a question": "engine.stacks()",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_pulumi_is_given_the_time_to_end_its_plugins(tmp_path: Path, call: str) -> None:
    (tmp_path / "pulumi").write_text(PULUMI)
    (tmp_path / "pulumi").chmod(0o755)
    script = (
        "import os, pathlib\n"
        "from demo.engine import Engine\n"
        f"engine = Engine(directory=pathlib.Path({str(tmp_path)!r}), environment=os.environ, tell=print)\n"
        f"{call}\n"
    )
    going = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while not (tmp_path / "begun").exists():
            assert going.poll() is None
            time.sleep(0.02)
        os.killpg(going.pid, signal.SIGINT)
        _, said = going.communicate(timeout=20)
        assert said.endswith("KeyboardInterrupt\n")
        assert (tmp_path / "ended").exists()
        assert not Path(f"/proc/{(tmp_path / 'forgotten').read_text().strip()}/exe").exists()
    finally:
        going.kill()
