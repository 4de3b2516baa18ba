"""Which tests are about a change."""

import pytest

from tests.changes import nearness

PROOF = "tests/live/gate/proof/test_history.py"
WHOLE = "tests/live/gate/test_whole.py"
HOST = "tests/live/process/test_seed_gate.py"


@pytest.mark.parametrize(
    ("changed", "near"),
    [
        ("gate/proof/walk.py", [PROOF, WHOLE]),
        ("gate/probes/proof/looks.py", [PROOF, WHOLE]),
        ("gate/checks/proof.py", [PROOF, WHOLE]),
        ("gate/run.py", [WHOLE]),
        ("belts/runtimes/process/seed.py", [HOST]),
        ("tests/live/process/conftest.py", [HOST]),
        ("tests/live/world.py", [PROOF, WHOLE, HOST]),
        ("tests/live/process/test_seed_gate.py", [HOST]),
        ("tests/live/process/test_another.py", []),
        ("docs/gate.md", []),
        ("README.md", []),
    ],
)
def test_tests_that_lie_as_what_changed(changed: str, near: list[str]) -> None:
    """By the folders that both share, in their order; helpers are everybody's below them."""
    found = {file: nearness(file, [changed]) for file in (PROOF, WHOLE, HOST)}
    assert [file for file, how in found.items() if how] == near


def test_the_deeper_folder_is_the_nearer() -> None:
    """A change of one part of the gate is first tried by the tests of that part."""
    assert nearness(PROOF, ["gate/proof/walk.py"]) > nearness(WHOLE, ["gate/proof/walk.py"]) > 0


def test_the_test_that_changed_itself_is_the_nearest() -> None:
    """Before those of the code that changed with it."""
    changed = ["gate/proof/walk.py", WHOLE]
    assert nearness(WHOLE, changed) > nearness(PROOF, changed)


def test_nothing_changed() -> None:
    """Nothing is near."""
    assert nearness(PROOF, []) == 0
