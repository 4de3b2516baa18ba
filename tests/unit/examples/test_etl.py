"""The ETL over belts that are lists of blocks: whatever happened meanwhile, the copy is one of them."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.etl import follow, settings, source
from examples.etl.follow import NotDeclared
from examples.etl.serving import Unserved, serving
from examples.etl.settings import BadSettings, Once, Settings
from examples.etl.source import Look, Row, Table
from examples.etl.sqlite_copy import Copy

DEPTH = 5
CHAINS = (1, 10)
TRANSFER = Table(name="Transfer", columns=("id", "chainId", "blockNumber"), key=("id",))
ACCOUNT = Table(name="Account", columns=("id", "transfers"), key=("id",))
SETTINGS = Settings(
    status="http://127.0.0.1:1/_belt",
    databases={"blue": "blue", "green": "green"},
    once={"Transfer": Once(chain="chainId", block="blockNumber")},
    depth=DEPTH,
)


class Killed(Exception):
    """The ETL ended here."""


@dataclass
class Belt:
    """The blocks of each chain as this belt has met them; two transfers a block, and who made them."""

    identity: str
    blocks: dict[int, list[int]] = field(default_factory=lambda: {chain: [] for chain in CHAINS})

    def rows(self, table: Table) -> dict[str, Row]:
        found: dict[str, Row] = {}
        accounts: dict[str, int] = {}
        for chain, blocks in self.blocks.items():
            for number, salt in enumerate(blocks, 1):
                for log in range(salt % 3):
                    owner = f"{chain}-{(salt + log) % 4}"
                    accounts[owner] = accounts.get(owner, 0) + 1
                    body = {"id": f"{chain}-{number}-{log}", "salt": salt}
                    row = _row([body["id"]], body, chain=chain, block=number)
                    found[row.key] = row
        if table == TRANSFER:
            return found
        made = (_row([owner], {"id": owner, "transfers": many}) for owner, many in accounts.items())
        return {row.key: row for row in made}


def _row(key: list[Any], body: object, **placed: int) -> Row:
    name, text = json.dumps(key), json.dumps(body)
    return Row(key=name, bucket=_md5(name)[:1], body=text, digest=_md5(f"{name} {text}"), **placed)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass
class Belts:
    """In the place of `source`; each call may be where the ETL is killed."""

    by_name: dict[str, Belt]
    lives: int = 10**9

    def commit(self) -> None:
        """A snapshot ends."""

    def _lives(self) -> None:
        self.lives -= 1
        if self.lives < 0:
            raise Killed

    @contextmanager
    def connected(self, url: str) -> Iterator["Belts"]:
        self.now = self.by_name[url]
        yield self

    def look(self, _: object) -> Look:
        heights = {chain: len(blocks) for chain, blocks in self.now.blocks.items()}
        return Look(identity=self.now.identity, heights=heights, tables=(ACCOUNT, TRANSFER))

    def fingerprint(self, _: object, table: Table) -> dict[str, str]:
        self._lives()
        buckets: dict[str, list[str]] = {}
        for row in self.now.rows(table).values():
            buckets.setdefault(row.bucket, []).append(row.digest)
        return {bucket: _md5("".join(sorted(digests))) for bucket, digests in buckets.items()}

    def of_buckets(self, _: object, table: Table, _once: object, buckets: set[str]) -> Iterator[Row]:
        return self._each(row for row in self.now.rows(table).values() if row.bucket in buckets)

    def above(self, _: object, table: Table, _once: object, chain: int, block: int | None) -> Iterator[Row]:
        least = -1 if block is None else block
        rows = self.now.rows(table).values()
        return self._each(row for row in rows if row.chain == chain and (row.block or 0) > least)

    def page(
        self, _: object, table: Table, _once: object, after: list[Any] | None
    ) -> list[tuple[Row, list[Any]]]:
        self._lives()
        rows = sorted(self.now.rows(table).values(), key=lambda row: row.key)
        return [(row, [row.key]) for row in rows if after is None or row.key > after[0]][:3]

    def _each(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._lives()
            yield row


@contextmanager
def belts() -> Iterator[Belts]:
    known = Belts({"blue": Belt("blue's"), "green": Belt("green's")})
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connected", "look", "fingerprint", "of_buckets", "above", "page"):
            patch.setattr(source, name, getattr(known, name))
        yield known


def content(copy: Copy, table: Table) -> dict[str, str]:
    return dict(copy.file.execute("select key, body from rows where entity = ?", [table.name]).fetchall())


def whole(copy: Copy) -> tuple[Any, ...]:
    """All that it says."""
    return copy.identity, copy.heights, content(copy, ACCOUNT), content(copy, TRANSFER)


def is_of(copy: Copy, belt: Belt) -> bool:
    """Whether it holds what this belt holds, and says how far that is."""
    heights = {chain: len(blocks) for chain, blocks in belt.blocks.items()}
    whole = all(
        content(copy, table) == {key: row.body for key, row in belt.rows(table).items()}
        for table in (ACCOUNT, TRANSFER)
    )
    return whole and copy.heights == heights


turns = st.fixed_dictionaries(
    {
        "chain": st.sampled_from(CHAINS),
        "undone": st.integers(0, DEPTH),
        "new": st.lists(st.integers(0, 99), max_size=9),
        "belt": st.sampled_from(["blue", "blue", "green"]),
        "lags": st.integers(0, 3 * DEPTH),
        "seeded": st.integers(0, 19).map(lambda dice: dice == 0),
        "lives": st.just(10**9) | st.integers(0, 30),
    }
)
"""A chain takes blocks back and goes on; a belt goes after it, is restored to before, or is seeded anew;
the ETL reads, or is killed."""


@pytest.mark.long
@given(st.lists(turns, min_size=1, max_size=8))
def test_whatever_happens_in_between(told: list[dict[str, Any]]) -> None:
    """After a step the copy is that belt; after one that was killed it is what it was."""
    chains = {chain: [2] * 10 for chain in CHAINS}
    final = dict.fromkeys(CHAINS, 10 - DEPTH)
    with belts() as known, Copy.opened(Path(":memory:")) as copy:
        for turn in told:
            chain, belt = turn["chain"], known.by_name[turn["belt"]]
            kept = max(final[chain], len(chains[chain]) - turn["undone"])
            chains[chain] = [*chains[chain][:kept], *turn["new"]]
            final[chain] = max(final[chain], len(chains[chain]) - DEPTH)
            if turn["seeded"]:
                belt.identity += "'"
            for each in CHAINS:
                belt.blocks[each] = chains[each][: max(len(chains[each]) - turn["lags"], 0)]
            before, known.lives = whole(copy), turn["lives"]
            try:
                follow.step(copy, SETTINGS, turn["belt"])
            except Killed:
                assert whole(copy) == before or copy.identity is None
            else:
                assert is_of(copy, belt)


def test_a_first_load_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    """It reads no page twice, and is whole only in the end."""
    with belts() as known, Copy.opened(tmp_path / "copy.sqlite") as copy:
        known.by_name["blue"].blocks = {1: [2] * 20, 10: [1] * 5}
        known.lives = 9
        with pytest.raises(Killed):
            follow.step(copy, SETTINGS, "blue")
        assert (copy.identity, copy.heights) == (None, {})
        loaded = len(content(copy, TRANSFER))
        assert loaded
        known.lives = 10**9
        done = follow.step(copy, SETTINGS, "blue")
        assert is_of(copy, known.by_name["blue"])
        assert done.moved
        assert sum(done.read.values()) == 0


def test_a_row_that_is_wrong_below_what_is_replayed(tmp_path: Path) -> None:
    """Written once, as it was declared, and changed all the same: a step that compares finds it."""
    with belts() as known, Copy.opened(tmp_path / "copy.sqlite") as copy:
        blue = known.by_name["blue"]
        blue.blocks[1] = [2] * 20
        follow.step(copy, SETTINGS, "blue")
        blue.blocks[1][0] = 5
        follow.step(copy, SETTINGS, "blue")
        assert not is_of(copy, blue)
        follow.step(copy, SETTINGS, "blue", compare=True)
        assert is_of(copy, blue)


def test_an_entity_that_is_not_there(tmp_path: Path) -> None:
    """What the settings say of another one is refused before anything is written."""
    wrong = Settings(status="", databases=SETTINGS.databases, once={"Account": Once(chain="c", block="b")})
    with belts(), Copy.opened(tmp_path / "copy.sqlite") as copy:
        with pytest.raises(NotDeclared, match="no c and no b"):
            follow.step(copy, wrong, "blue")
        assert copy.identity is None


def test_who_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody, no answer, and a belt that is not known: nothing is read then."""

    def answering(status: int, body: object) -> None:
        answer = httpx.Response(status, json=body, request=httpx.Request("GET", SETTINGS.status))
        monkeypatch.setattr(httpx, "get", lambda *_, **__: answer)

    answering(200, {"belt": "green", "chains": {}})
    assert serving(SETTINGS) == "green"
    for status, body in ((503, {"reason": "nobody serves"}), (200, {}), (200, ["green"])):
        answering(status, body)
        with pytest.raises(Unserved, match="nobody says which belt serves"):
            serving(SETTINGS)
    answering(200, {"belt": "red"})
    with pytest.raises(Unserved, match=r"(?s)red serves, and its database is not known.*blue, green"):
        serving(SETTINGS)


@pytest.mark.parametrize(
    ("mode", "told", "seen"),
    [
        (0o644, {"status": "s", "databases": {}}, "others may read"),
        (0o600, {"databases": {}}, "status"),
        (0o600, {"status": "s", "databases": {}, "deep": 3}, "nobody knows deep"),
        (0o600, {"status": "s", "databases": {}, "depth": True}, "depth is True"),
        (0o600, {"status": "s", "databases": {}, "once": {"Transfer": {"chain": "c"}}}, "block"),
        (0o600, [1], "TypeError"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, mode: int, told: object, seen: str) -> None:
    """Refused with what is wrong, and never with a password."""
    file = tmp_path / "etl.json"
    file.write_text(json.dumps(told))
    file.chmod(mode)
    with pytest.raises(BadSettings, match=seen):
        settings.read(file)


def test_settings(tmp_path: Path) -> None:
    """As docs/consumers.md has them."""
    file = tmp_path / "etl.json"
    file.touch(mode=0o600)
    file.write_text(
        json.dumps(
            {
                "status": "http://127.0.0.1:8080/_belt",
                "databases": {"blue": "postgresql://consumer:word@127.0.0.1/belts"},
                "once": {"Transfer": {"chain": "chainId", "block": "blockNumber"}},
            }
        )
    )
    found = settings.read(file)
    assert (found.depth, found.once["Transfer"].block) == (settings.DEPTH, "blockNumber")
    assert "word" not in repr(found)
