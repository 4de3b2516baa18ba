"""A past is built once; the next chain with the same plan starts with it at once."""

import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from belts.runtimes.process import toolchain
from examples.chains import history, kept, plan
from examples.chains.history import Past
from examples.chains.kept import Kept
from tests.live.examples.conftest import Running

pytestmark = [pytest.mark.live, pytest.mark.deep]

SMALL = plan.plan(plan.CHAINS[7777777], events=800)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plans that were built, and for which chain."""
    made: list[str] = []
    build = history.build

    def counted(wanted: plan.Plan, past: Past, say: Callable[[str], None]) -> None:
        made.append(str(wanted.seed))
        build(wanted, past, say)

    monkeypatch.setattr(history, "build", counted)
    return made


def put(root: Path, directory: Path, wanted: plan.Plan = SMALL) -> Past:
    past = Past(directory)
    Kept(root=root).put(wanted, past, lambda _: None)
    assert past.key() == history.key(wanted)
    return past


def test_made_once(tmp_path: Path, built: list[str]) -> None:
    """Two chains of one plan, and one of another: two are made, and each has its own."""
    root = tmp_path / "kept"
    first, again = put(root, tmp_path / "a"), put(root, tmp_path / "b")
    other = put(root, tmp_path / "a", plan.plan(plan.CHAINS[7777777], events=800, seed=8))
    assert built == ["7", "8"]
    assert again.state.read_bytes() != other.state.read_bytes() == first.state.read_bytes()


def test_two_at_once(tmp_path: Path, built: list[str]) -> None:
    """One of them makes it, and the other waits for it."""
    threads = [
        threading.Thread(target=put, args=(tmp_path / "kept", tmp_path / name)) for name in ("one", "two")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == ["7"]
    assert Past(tmp_path / "one").key() == Past(tmp_path / "two").key() == history.key(SMALL)


@pytest.mark.parametrize("hurt", ["history.json", "history.state.json"])
def test_one_that_is_not_whole(tmp_path: Path, built: list[str], hurt: str) -> None:
    """An incomplete past is built again."""
    root = tmp_path / "kept"
    put(root, tmp_path / "a")
    [place] = root.glob("7777777-*/")
    (place / hurt).unlink()
    put(root, tmp_path / "b")
    assert built == ["7", "7"]


def test_another_anvil(tmp_path: Path, built: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A state written by one version of anvil is not loaded into another."""
    put(tmp_path / "kept", tmp_path / "a")
    real = toolchain.anvil()
    newer = tmp_path / "anvil"
    newer.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo newer || exec {real} "$@"\n')
    newer.chmod(0o755)
    monkeypatch.setattr(toolchain, "anvil", lambda: newer)
    put(tmp_path / "kept", tmp_path / "b")
    assert built == ["7", "7"]


def test_the_longest_unused_goes(tmp_path: Path, built: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit, the least recently used past is removed; a running chain keeps its own."""
    root = tmp_path / "kept"
    plans = [plan.plan(plan.CHAINS[7777777], events=800, seed=seed) for seed in (1, 2, 3)]
    pasts = [put(root, tmp_path / str(one.seed), one) for one in plans[:2]]
    for age, one in enumerate((plans[0], plans[1])):
        place = next(each for each in root.glob("7777777-*/") if Past(each).key() == history.key(one))
        os.utime(place, (1_000 + age, 1_000 + age))
    put(root, tmp_path / "1 again", plans[0])
    size = pasts[0].state.stat().st_size
    monkeypatch.setattr(kept, "MOST_BYTES", size * 5 // 2)
    put(root, tmp_path / "3", plans[2])
    left = {Past(place).key() for place in root.glob("7777777-*/")}
    assert left == {history.key(plans[0]), history.key(plans[2])}
    assert pasts[1].key() == history.key(plans[1])


def test_nowhere_to_keep_it(tmp_path: Path, built: list[str]) -> None:
    """A chain gets its past even if pasts cannot be stored."""
    (tmp_path / "file").write_text("")
    put(tmp_path / "file" / "kept", tmp_path / "a")
    assert built == ["7"]


def test_a_chain_that_is_started_with_it(running: Running, tmp_path: Path) -> None:
    """It lives on its own: what it saves does not touch what is kept."""
    wanted: dict[str, Any] = {"kept": tmp_path / "kept"}
    chain = running.chain(7777777, **wanted)
    [place] = (tmp_path / "kept").glob("7777777-*/")
    before = (place / "history.state.json").read_bytes()
    chain.end(signal.SIGTERM)
    shutil.rmtree(chain.past.directory)
    again = running.chain(7777777, port=chain.port, **wanted)
    assert (place / "history.state.json").read_bytes() == before == again.past.state.read_bytes()
    assert "goes on from history.state.json" in running.said("examples.chains")
