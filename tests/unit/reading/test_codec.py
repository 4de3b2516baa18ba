"""The spec is the wire: whatever a part may hold is read back as it was, all else is told in words."""

import ipaddress
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from belts.reading import kinds
from belts.reading.codec import Field, encode, fields
from belts.runtimes.process.errors import BadRequest
from belts.runtimes.process.wire.request import PARTS, from_json

WORDS = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)


def values(kind: kinds.Kind) -> st.SearchStrategy[Any]:
    """What a field of this kind may hold."""
    match kind:
        case kinds.Seconds():
            return st.integers(kind.least, kind.most).map(lambda seconds: timedelta(seconds=seconds))
        case kinds.Whole():
            return st.integers(kind.least, kind.most)
        case kinds.Amount():
            return st.decimals(0, kind.most, places=6).map(abs)
        case kinds.Interval():
            return st.integers(1, 10**9).map(lambda number: timedelta(microseconds=number))
        case kinds.Flag():
            return st.booleans()
        case kinds.Choice():
            return st.sampled_from(list(kind.words))
        case kinds.Address():
            return st.ip_addresses().map(str)
        case kinds.Url():
            return WORDS.map(lambda host: f"https://{host}.example")
        case kinds.PathTo():
            return WORDS.map(lambda name: Path("/", name))
        case kinds.Text():
            return WORDS if re.fullmatch(kind.pattern, "a") else st.from_regex(kind.pattern, fullmatch=True)
        case kinds.Networks():
            networks = st.ip_addresses().map(lambda each: str(ipaddress.ip_network(each)))
            return st.lists(networks, max_size=3).map(tuple)
        case kinds.Listed():
            return st.lists(WORDS, max_size=3).map(tuple)
        case kinds.Numbers():
            return st.lists(st.integers(1, 10**6), min_size=1, max_size=4, unique=True).map(tuple)
        case kinds.Texts():
            return st.dictionaries(NAMES, st.text(max_size=5), max_size=3)
    raise AssertionError(kind)


def field(each: Field) -> st.SearchStrategy[Any]:
    """What a field may hold; sometimes nothing, where that is its default."""
    if each.many:
        return st.lists(part(each.inner[0]), min_size=1, max_size=3).map(tuple)
    found = st.one_of(*map(part, each.inner)) if each.inner else values(each.kind)
    return st.none() | found if each.default is None else found


def part(of: Any) -> st.SearchStrategy[Any]:
    """Any part of this class."""
    return st.builds(of, **{each.name: field(each) for each in fields(of) if not each.fixed})


CLASSES = [(name, one) for name, of in PARTS.items() for one in get_args(of) or (of,)]
HEAD = {"version": 1, "root": "/hosts", "belt": "blue"}


@pytest.mark.parametrize(("name", "of"), CLASSES, ids=lambda each: getattr(each, "__name__", each))
@given(data=st.data())
def test_a_part_is_read_as_it_was_written(name: str, of: Any, data: st.DataObject) -> None:
    """Through JSON and back, every field of it; as its own class, where it is one of several."""
    told = data.draw(part(of))
    raw = json.loads(json.dumps(HEAD | {"part": name} | encode(told)))
    assert from_json(raw).body == told


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(("name", "of"), CLASSES, ids=lambda each: getattr(each, "__name__", each))
@given(data=st.data())
def test_any_junk(name: str, of: Any, data: st.DataObject) -> None:
    """Whatever stands in its place, it is read or refused with a path; nothing else ever comes out."""
    raw = HEAD | {"part": name} | encode(data.draw(part(of)))
    key = data.draw(st.sampled_from(sorted(raw)))
    raw[key] = data.draw(JUNK)
    try:
        from_json(raw)
    except BadRequest as refused:
        told = refused.mistakes
        assert all(mistake.path and mistake.expected and mistake.got for mistake in told), told


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://[bad",
            "http://[::1]x",
            "http://h:99999",
            "http://h:abc",
            "http://h:0",
            "http://a b/",
            "http://h/\n",
        ),
        *("ftp://h", "http://", "http://user@h", "http://h/?key=k"),
    ],
)
def test_an_address_that_is_none(url: str) -> None:
    """It is refused in words, and not shown: a secret may be in it."""
    with pytest.raises(BadRequest) as refused:
        from_json(HEAD | {"part": "engine", "engine": "external", "url": url})
    expected = "url: expected a URL like http://host:8080, without user and query, got one that is not"
    assert tuple(map(str, refused.value.mistakes)) == (expected,)


@given(st.text(alphabet="[]:/?@# a0\t", max_size=8))
def test_any_address(rest: str) -> None:
    """What is taken for one has a host that can be asked, and a port that there is."""
    try:
        request = from_json(HEAD | {"part": "engine", "engine": "external", "url": f"http://{rest}"})
    except BadRequest:
        return
    assert httpx.URL(getattr(request.body, "url", "")).host


@pytest.mark.parametrize("root", ["hosts", "/ho\nsts", "/ho\0sts"])
def test_a_path_that_is_none(root: str) -> None:
    """No file of the host can have such a name, or it lies somewhere else for everybody who reads it."""
    with pytest.raises(BadRequest, match="root: expected an absolute path, got"):
        from_json(HEAD | {"part": "engine", "port": 5432, "root": root})
