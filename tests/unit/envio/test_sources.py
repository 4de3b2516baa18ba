"""What a project indexes from, in every form that Envio's releases write it."""

from pathlib import Path

import pytest

from belts.envio.sources import origins, sources

ENV = {"RPC_1": "https://one.test/key", "EMPTY": ""}


def found(tmp_path: Path, chain: str, key: str = "chains") -> tuple[str, ...]:
    (tmp_path / "config.yaml").write_text(f"name: any\n{key}:\n  - id: 1\n{chain}")
    return sources(tmp_path, "config.yaml", ENV)[1]


@pytest.mark.parametrize(
    ("chain", "urls"),
    [
        ("    rpc: https://a.test", ("https://a.test",)),
        ("    rpc: {url: https://a.test, for: sync}", ("https://a.test",)),
        ("    rpc: [https://a.test, {url: https://b.test}]", ("https://a.test", "https://b.test")),
        ("    rpc_config: {url: [https://a.test, https://b.test]}", ("https://a.test", "https://b.test")),
        ("    rpc: ${RPC_1}", ("https://one.test/key",)),
        ("    rpc: ${RPC_2:-https://default.test}", ("https://default.test",)),
        ("    rpc: ${EMPTY:-https://default.test}", ("https://default.test",)),
        ("    rpc: ${RPC_2}", ()),
        ("    rpc: wss://a.test", ()),
        ("    hypersync_config: {url: https://eth.hypersync.xyz}", ()),
        ("    start_block: 0", ()),
    ],
)
def test_a_form(tmp_path: Path, chain: str, urls: tuple[str, ...]) -> None:
    assert found(tmp_path, chain) == urls
    assert found(tmp_path, chain, "networks") == urls


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        ("    rpc: {url: 'https://me:secret@A.test:8545/key?k=1', for: sync}", ("https://a.test:8545",)),
        ("    rpc: [{url: https://a.test/one, for: sync}, https://a.test/two]", ("https://a.test",)),
        ("    rpc_config: {url: https://a.test/key}", ("https://a.test",)),
        ("    rpc: https://a.test", ("https://a.test", "https://1.hypersync.xyz")),
        ("    rpc: {url: https://a.test, for: fallback}", ("https://a.test", "https://1.hypersync.xyz")),
        ("    hypersync_config: {url: https://eth.hypersync.xyz/key}", ("https://eth.hypersync.xyz",)),
        ("    start_block: 0", ("https://1.hypersync.xyz",)),
        ("    rpc: {url: '${RPC_1}', for: sync}", ("https://one.test",)),
        ("    rpc: {url: '${RPC_2}', for: sync}", ()),
        ("    rpc: {url: 'http://[::1]:8545/key', for: sync}", ("http://[::1]:8545",)),
    ],
)
def test_who_is_asked(tmp_path: Path, chain: str, told: tuple[str, ...]) -> None:
    """Scheme and host, and Envio's own service wherever no RPC is the one to sync from."""
    (tmp_path / "config.yaml").write_text(f"name: any\nchains:\n  - id: 1\n{chain}")
    assert origins(tmp_path, "config.yaml", ENV)[1] == told


def test_the_example() -> None:
    """Six chains, each from the URL that its stack gives by a variable."""
    project = Path(__file__).parents[3] / "examples" / "indexer"
    env = {f"BELTS_RPC_{chain}": f"http://127.0.0.1:{chain}" for chain in (1, 10, 137, 8453, 42161)}
    told = sources(project, "config.green.yaml", env)
    assert len(told) == 6
    assert told[1] == ("http://127.0.0.1:1",)
