"""The documentation of the config is whole: what can be written is described, and nothing else is."""

import re
from pathlib import Path
from typing import Any

import pytest

from belts.spec import Profile, Runtime
from stacks import outputs, settings
from stacks.reading import Fields
from tests.unit.stacks.configs import belt, chains, gateway, read

CHECKOUT = Path(__file__).resolve().parents[3]
DOCS = (CHECKOUT / "docs" / "configuration.md").read_text()
EXTERNAL = belt(
    hasura={"engine": "external", "url": "https://h"}, hasuraAdminSecret="s", secretEnv={"A": "x"}
)

SECRETS = ("belts:ledgerUrl", "belts:webhookUrl", "belts:webhookSecret")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> frozenset[str]:
    """Every key that the settings ask for, over configs of all kinds."""
    found: set[str] = set()
    get = Fields._get

    def noting(fields: Fields, key: str, *arguments: Any) -> object:
        found.add(re.sub(r"\[\d+\]", "[]", fields.path(key)))
        return get(fields, key, *arguments)

    monkeypatch.setattr(Fields, "_get", noting)
    hidden = frozenset({"belts:hasuraAdminSecret", "belts:secretEnv", *SECRETS})
    elsewhere = gateway(upstream="other", ledger=None, **{key.partition(":")[2]: "x" for key in SECRETS})
    for config in (belt(), EXTERNAL, gateway(upstream="other"), elsewhere, chains()):
        read(tmp_path, config, secrets=hidden)
    inner = {key for key in found if key.startswith("belts:secretEnv.")}
    maps = {
        "belts:postgres",
        "belts:hasura",
        "belts:indexer",
        "belts:caddy",
        "belts:caddy.timeouts",
        "belts:ledger",
        "belts:chains",
    }
    return frozenset(found - inner - maps - {"belts:traffic"})


def test_every_key(asked: frozenset[str]) -> None:
    """Each key has its row, and each row its key."""
    assert frozenset(re.findall(r"^\| `(belts:[^`]+)`", DOCS, re.MULTILINE)) == asked
    assert len(asked) > 35


def test_every_word() -> None:
    """Each word of a closed vocabulary is named."""
    vocabularies = (settings.Kind, settings.Engine, Runtime, Profile)

    assert [word for words in vocabularies for word in words if f"`{word}`" not in DOCS] == []


def test_every_output() -> None:
    """Each output of a belt is named."""
    named = {*outputs.SHAPES, "outputsVersion", "dial"}

    assert [name for name in named if f"`{name}`" not in DOCS] == []


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md", "docs/adr/README.md"])
def test_links(page: str) -> None:
    """Every link inside the repository leads somewhere."""
    text = (CHECKOUT / page).read_text()
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]

    assert targets
    assert [target for target in targets if not ((CHECKOUT / page).parent / target).exists()] == []


def test_make_targets() -> None:
    """Every target that the README names exists."""
    makefile = (CHECKOUT / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z-]+)", (CHECKOUT / "README.md").read_text()))

    assert {"demo", "test", "down", "help"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_every_decision() -> None:
    """Every decision is in the list of decisions."""
    listed = (CHECKOUT / "docs" / "adr" / "README.md").read_text()

    assert [path.name for path in (CHECKOUT / "docs" / "adr").glob("0*.md") if path.name not in listed] == []
