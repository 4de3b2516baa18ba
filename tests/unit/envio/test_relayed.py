"""A config that leads to a relay: every URL of it and nothing else is another one."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from belts.envio.relayed import NotRelayed, relayed
from belts.envio.sources import sources

ENV = {"RPC": "https://a.test/key"}


def at(number: int) -> str:
    return f"http://127.0.0.1:1/w/{number}"


def told(text: str, env: dict[str, str] = ENV) -> tuple[str, list[tuple[int, str]]]:
    new, upstreams = relayed(text, env, at=at)
    return new, [(one.chain, one.url) for one in upstreams]


def test_the_forms_of_all_releases() -> None:
    """A text, a map, a list of either, the list of `rpc_config`, a variable and its default."""
    text = """
# what stands here stays: ${RPC} https://a.test
address: 0x00ff
chains:
  - id: 1
    start_block: 012
    rpc: ${RPC}
  - id: 10   # ten
    rpc: {url: "https://b.test/${NONE:-k}", for: sync}
  - id: 5
    rpc:
      - https://c.test
      - url: >-
          https://d.test
        for: fallback
networks:
  - id: 7
    rpc_config: {url: [https://e.test, 'https://f.test']}
"""
    new, upstreams = told(text)
    assert upstreams == [
        (1, "https://a.test/key"),
        (10, "https://b.test/k"),
        (5, "https://c.test"),
        (5, "https://d.test"),
        (7, "https://e.test"),
        (7, "https://f.test"),
    ]
    lines = {
        line for line in text.splitlines() if "rpc" not in line and "test" not in line and ">-" not in line
    }
    assert lines <= set(new.splitlines())
    found = yaml.safe_load(new)
    assert found["address"] == 0xFF
    assert found["chains"][0]["rpc"] == at(0)
    assert found["chains"][1]["rpc"] == {"url": at(1), "for": "sync"}
    assert found["chains"][2]["rpc"] == [at(2), {"url": at(3), "for": "fallback"}]
    assert found["networks"][0]["rpc_config"] == {"url": [at(4), at(5)]}


URLS = st.sampled_from(["https://a.test/k", "http://127.0.0.1:8545", "${RPC}", "https://b.test/${RPC:-x}"])
RPC = st.one_of(
    URLS,
    st.fixed_dictionaries({"url": URLS, "for": st.sampled_from(["sync", "fallback"])}),
    st.lists(st.one_of(URLS, st.fixed_dictionaries({"url": URLS})), min_size=1, max_size=3),
)
REST = st.recursive(
    st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    chains=st.lists(RPC, min_size=1, max_size=4),
    rest=REST,
    form=st.sampled_from(["chains", "networks"]),
    style=st.sampled_from([None, True, False]),
    quotes=st.sampled_from([None, '"', "'", "|"]),
)
def test_nothing_else_is_another_one(
    tmp_path_factory: pytest.TempPathFactory,
    chains: list[Any],
    rest: Any,
    form: str,
    style: bool | None,
    quotes: str | None,
) -> None:
    """However it is written; and what stands behind the relay is what `sources` reads of the config."""
    config = {"name": "p", form: [{"id": n + 1, "rpc": rpc, "more": rest} for n, rpc in enumerate(chains)]}
    text = yaml.safe_dump(config, default_flow_style=style, default_style=quotes)
    if quotes is not None:  # every scalar is a text then, and no chain has a number
        text = text.replace("!!int ", "")
        for n in range(len(chains)):
            text = text.replace(f'"id": "{n + 1}"', f"id: {n + 1}").replace(
                f"'id': '{n + 1}'", f"id: {n + 1}"
            )
    place = tmp_path_factory.mktemp("p")
    (place / "config.yaml").write_text(text)
    new, upstreams = told(text)
    before, after = yaml.safe_load(text), yaml.safe_load(new)
    assert _without(after) == _without(before)
    assert [at(n) for n in range(len(upstreams))] == _all(after)
    if quotes is None:
        known = sources(place, "config.yaml", ENV)
        assert sorted(upstreams) == sorted((c, u) for c, urls in known.items() for u in urls)


def _without(config: Any) -> Any:
    return json.dumps(_mapped(config, lambda text: "URL" if text.startswith(("http", "${RPC")) else text))


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _mapped(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [_mapped(one, change) for one in value]
    return change(value.strip()) if isinstance(value, str) else value


def _all(config: Any) -> list[str]:
    if isinstance(config, dict):
        return [url for one in config.values() for url in _all(one)]
    if isinstance(config, list):
        return [url for one in config for url in _all(one)]
    return [config] if isinstance(config, str) and config.startswith("http://127.0.0.1:1/w/") else []


@pytest.mark.parametrize(
    ("rpc", "why"),
    [
        ("wss://a.test/secret", "chain 1 is indexed from a WebSocket"),
        ("{url: https://a.test/secret, ws: wss://a.test/secret}", "by a WebSocket"),
        ("${NOBODY}", "NOBODY, which nobody has set"),
        ("ftp://a.test/secret", "none of HTTP"),
    ],
)
def test_what_no_relay_can_stand_in_front_of(rpc: str, why: str) -> None:
    """It is refused in words, without the URL, which may be a key."""
    with pytest.raises(NotRelayed, match=why) as refused:
        told(f"chains:\n  - id: 1\n    rpc: {rpc}")
    assert "secret" not in str(refused.value)


def test_two_chains_that_share_a_url_by_an_alias(tmp_path: Path) -> None:
    """One of them is told, so that whoever compares it with what the config names sees the difference."""
    text = "chains: [{id: 1, rpc: &a https://a.test}, {id: 2, rpc: *a}]"
    (tmp_path / "config.yaml").write_text(text)
    _, upstreams = told(text)
    assert upstreams == [(1, "https://a.test")]
    assert sources(tmp_path, "config.yaml", {}) == {1: ("https://a.test",), 2: ("https://a.test",)}
