"""The compiled contracts in the repository are what their sources compile to."""

import subprocess
from pathlib import Path

import pytest

from belts.runtimes.process import toolchain

pytestmark = pytest.mark.live

CONTRACTS = Path(__file__).parents[3] / "examples" / "contracts"


def test_recompiled(tmp_path: Path) -> None:
    """Compiling the sources again with the pinned compiler gives the same artefacts byte for byte."""
    subprocess.run([toolchain.node(), CONTRACTS / "compile.mjs", tmp_path], check=True, timeout=120)

    made = {file.name: file.read_text() for file in tmp_path.iterdir()}
    kept = {file.name: file.read_text() for file in (CONTRACTS / "artefacts").iterdir()}
    assert made == kept
    assert {source.stem for source in CONTRACTS.glob("*.sol")} == {Path(name).stem for name in kept}
