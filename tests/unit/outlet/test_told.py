"""Whose addresses are let in, and what is refused before anybody is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.outlet import told as files
from belts.outlet.told import Told
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts import outlet as part
from belts.spec.outlet import Outlet, everybody


def told(*allowed: str) -> Told:
    return Told(
        address="10.0.0.1",
        port=5433,
        allowed=allowed,
        socket="/s",
        database="belts",
        certificate="/c",
        key="/k",
    )


def outlet(**changes: Any) -> Outlet:
    whole = Outlet(address="10.0.0.1", port=5433, allowed=("10.0.0.0/24",))
    return replace(whole, **changes)


@pytest.mark.parametrize(
    ("allowed", "peer", "in_"),
    [
        (("10.0.0.7/32",), "10.0.0.7", True),
        (("10.0.0.7/32",), "10.0.0.8", False),
        (("10.0.0.0/24", "fd00::/8"), "fd00::1", True),
        (("10.0.0.0/24",), "::ffff:10.0.0.9", True),
        (("fe80::/10",), "fe80::1%eth0", True),
        (("10.0.0.0/24",), "fd00::1", False),
        (("10.0.0.0/24",), "nonsense", False),
        ((), "10.0.0.7", False),
    ],
)
def test_who_is_let_in(allowed: tuple[str, ...], peer: str, in_: bool) -> None:
    """By the address that the kernel tells."""
    assert told(*allowed).lets_in(peer) is in_


def test_as_it_is_kept(tmp_path: Path) -> None:
    """It is read as it was written."""
    files.write(tmp_path / "told.json", told("10.0.0.0/24"))
    assert files.read(tmp_path / "told.json") == told("10.0.0.0/24")


def test_a_whole_one(tmp_path: Path) -> None:
    """Nothing is wrong with it."""
    part.check(Layout(root=tmp_path, belt="blue"), None)
    for each in (
        outlet(),
        outlet(allowed=("0.0.0.0/0",), everywhere=True),
        outlet(address="0.0.0.0", host="db.example"),
        outlet(certificate=Path("/c"), key=Path("/k")),
    ):
        assert each.faults == ()
        part.check(Layout(root=tmp_path, belt="blue"), each)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"allowed": ()}, "addresses that may read"),
        ({"allowed": ("0.0.0.0/0",)}, "everywhere: true"),
        ({"allowed": ("::/0",)}, "everywhere: true"),
        ({"allowed": ("0.0.0.0/1", "128.0.0.0/1")}, "everywhere: true"),
        ({"everywhere": True}, "all addresses only"),
        ({"certificate": Path("/c")}, "a certificate and its key"),
        ({"key": Path("/k")}, "a certificate and its key"),
        ({"address": "0.0.0.0"}, "the name by which"),
        ({"address": "::"}, "the name by which"),
        ({"host": "no name"}, "a host name"),
        ({"host": "a@b"}, "a host name"),
        ({"host": "*.example"}, "a host name"),
    ],
)
def test_what_lets_in_more_than_was_meant(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    """It is refused, in preview as well."""
    with pytest.raises(Refused) as refused:
        part.check(Layout(root=tmp_path, belt="blue"), outlet(**changes))
    assert expected in refused.value.expected
    assert refused.value.now.endswith("under `postgres.outlet` of the belt's stack")


@given(st.integers(min_value=0, max_value=6), st.booleans())
def test_everybody_in_parts(bits: int, whole: bool) -> None:
    """All parts of all addresses are all addresses; all but one are not."""
    step = 2 ** (32 - bits)
    parts = [f"{(n * step) >> 24}.{(n * step) >> 16 & 255}.0.0/{bits}" for n in range(2**bits)]
    assert everybody(parts if whole else parts[1:]) is whole
