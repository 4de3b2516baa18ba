"""The documentation of the config is whole: what can be written is described, and nothing else is."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from belts.envio.change import page as changes
from belts.envio.change.rules import RULES
from belts.spec.engine import Whose
from belts.spec.indexer import Profile
from belts.spec.runtime import Runtime
from stacks import outputs, reference, settings
from tests.unit.stacks.configs import belt, by_url, chains, gateway

CHECKOUT = Path(__file__).resolve().parents[3]
DOCS = (CHECKOUT / "docs" / "configuration.md").read_text()
STACKS = CHECKOUT / "examples" / "stacks"
ANEW = "the specs changed: `python -m stacks.reference` writes the page and the schema anew"


def test_every_key() -> None:
    """The tables are those of the specs, which are what is read: no key is undescribed, and none invented."""
    assert reference.page(DOCS) == DOCS, ANEW
    described = frozenset(re.findall(r"^\| `(belts:[^`]+)`", DOCS, re.MULTILINE))
    assert described == {path for part in reference.ROOTS.values() for path in reference.keys(part)}
    assert len(described) > 45


def test_every_rule_of_changes() -> None:
    """The page of changes holds the rules that they are judged by, and no others."""
    text = reference.CHANGES.read_text()
    assert changes.page(text) == text, ANEW
    assert all(f"| {rule.name} | {rule.what} |" in text for rule in RULES)


def test_schema() -> None:
    """What an editor checks a stack's file with is made from the same specs."""
    assert json.loads(reference.SCHEMA.read_text()) == reference.schema(), ANEW


@pytest.mark.parametrize("file", sorted(STACKS.glob("*.yaml")), ids=lambda file: file.name)
def test_examples_by_the_schema(file: Path) -> None:
    """Each is right by it, and says to an editor where it is."""
    text = file.read_text()
    jsonschema.validate(yaml.safe_load(text), reference.schema())
    [schema] = re.findall(r"^# yaml-language-server: \$schema=(.+)$", text, re.MULTILINE)
    assert (file.parent / schema).resolve() == reference.SCHEMA


CONFIGS = {
    "a belt by URL": by_url(adminSecret={"secure": "v1:x"}, databaseUrl={"secure": "v1:x"}),
    "a belt": belt(),
    "a belt with all": belt(
        prove={"policy": "policy.yaml", "rate": 3},
        secretEnv={"secure": "v1:x"},
        credentials="3",
        revokePreviousCredentials=True,
        acknowledgedReaders=["10.0.0.7 app/1"],
        forwardOnly=f"forward-{'0' * 12}",
        seed="2",
        root="hosts",
    ),
    "an engine elsewhere": belt(
        hasura={"engine": "external", "url": "https://h"},
        postgres={"port": 5501, "tcp": True},
        hasuraAdminSecret={"secure": "v1:x"},
    ),
    "a gateway": gateway(),
    "a ledger elsewhere": gateway(ledger=None, ledgerUrl={"secure": "v1:x"}, decommission="true"),
    "chains": chains(),
}


def errors(config: dict[str, Any]) -> list[str]:
    """What the schema says against a stack's file with this config."""
    whole = {"config": {f"belts:{key}": value for key, value in config.items()} | {"command:other": "1"}}
    return [error.message for error in jsonschema.Draft7Validator(reference.schema()).iter_errors(whole)]


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_right_by_the_schema(config: dict[str, Any]) -> None:
    """What is read is right by the schema; a key that nobody knows is not, wherever it stands."""
    assert errors(config) == []
    assert errors(config | {"colour": 1})
    for key, value in config.items():
        if isinstance(value, dict) and "secure" not in value:
            assert errors(config | {key: value | {"colour": 1}}), key


WRONG = [
    belt(indexer={"project": "indexer", "port": 80}),
    belt(postgres={}),
    belt(runtime="docker"),
    belt(hasura={"engine": "external"}),
    belt(hasuraAdminSecret="hush"),
    gateway(caddy=None),
    gateway(caddy={"port": 8080, "timeouts": {"dialSeconds": 0}}),
    chains(chains=[]),
    chains(chains=[{"id": 1, "port": 8545, "blockTime": 0}]),
    {"kind": "fleet"},
]


@pytest.mark.parametrize("config", WRONG, ids=str)
def test_wrong_by_the_schema(config: dict[str, Any]) -> None:
    """What is refused when it is read is marked while it is written."""
    assert errors(config)


def test_every_word() -> None:
    """Each word of a closed vocabulary is named."""
    vocabularies = (settings.Kind, Whose, Runtime, Profile)

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
