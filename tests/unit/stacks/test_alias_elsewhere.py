"""A gateway whose alias lives elsewhere, as its stack's file says it, and the order that follows."""

import json
from pathlib import Path
from typing import Any

import pytest

from belts.spec.alias import CommandAlias, written
from gate.alias.order.elsewhere import Elsewhere
from gate.alias.order.order import OrderRefused, parse
from gate.alias.order.version import ELSEWHERE, VERSION
from gate.alias.remote.remote import Remote
from gate.alias.store import AliasRefused
from gate.certify.judge import judge
from gate.commands import place
from stacks.settings import GatewaySettings, SettingsRefused
from tests.unit.gate.alias.test_order import order
from tests.unit.stacks.configs import gateway, read

HUSH = "hush-4711-of-the-platform"
ALIAS: dict[str, Any] = {
    "kind": "command",
    "url": "https://graph.example.org/v1/graphql",
    "set": ["deploy", "{upstream}"],
    "get": ["deployed"],
}


def settings(tmp_path: Path, **changes: Any) -> GatewaySettings:
    config = gateway(**{"caddy": None, "alias": ALIAS, **changes})
    found = read(tmp_path, config, stack="gateway", secrets=frozenset({"belts:aliasEnv", "belts:aliasStdin"}))
    assert isinstance(found, GatewaySettings)
    return found


def told(tmp_path: Path, **changes: Any) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        settings(tmp_path, **changes)
    return [str(mistake) for mistake in refused.value.mistakes]


def test_without_a_caddy(tmp_path: Path) -> None:
    """Consumers ask where the setting says, and no part of it is a door."""
    found = settings(tmp_path, aliasEnv={"TOKEN": HUSH}, aliasStdin=HUSH)
    assert found.url == ALIAS["url"]
    assert (found.alias_environment, found.alias_stdin) == (("TOKEN",), True)
    assert "caddy" not in found.spec.parts
    assert isinstance(found.alias, CommandAlias)
    assert HUSH not in repr(found)


def test_with_a_caddy(tmp_path: Path) -> None:
    """It may have one of its own beside."""
    found = settings(tmp_path, caddy={"port": 8080})
    assert "caddy" in found.spec.parts
    assert found.url == ALIAS["url"]


def test_a_directory_as_ever(tmp_path: Path) -> None:
    """Left out or named, it is the directory that a Caddy reads, and needs one."""
    for alias in (None, {"kind": "directory"}):
        assert settings(tmp_path, alias=alias, caddy={"port": 8080}).elsewhere is None
        assert told(tmp_path, alias=alias) == ["belts:caddy: expected a map of settings, got nothing"]


WRONG = {
    "no url": ({"url": None}, "belts:alias.url: expected"),
    "a user in the url": ({"url": "https://me:hush@graph.example.org"}, "belts:alias.url: expected"),
    "a shell's line": ({"set": "deploy {upstream}"}, "belts:alias.set: expected a list"),
    "nothing to set": ({"set": ["deploy"]}, "belts:alias.set: expected `{upstream}` among the arguments"),
    "another word": ({"get": ["deployed", "{belt}"]}, "`{belt}`, which nobody fills in"),
    "an address with a quote": ({"addresses": {"blue": "x'; rm -rf /"}}, "belts:alias.addresses.blue"),
    "an address that is an option": ({"addresses": {"blue": "--help"}}, "belts:alias.addresses.blue"),
    "a name that is no belt's": ({"addresses": {"Blue!": "a"}}, "expected the name of a belt's stack"),
    "a key of nothing": ({"gets": ["x"]}, "belts:alias.gets: expected"),
    "no end": ({"setSeconds": 0}, "belts:alias.setSeconds"),
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    """Told with its place, before anything is touched."""
    [mistake] = told(
        tmp_path, alias={key: value for key, value in {**ALIAS, **changes}.items() if value is not None}
    )
    assert words in mistake


def test_secrets_in_plain_text_or_for_nothing(tmp_path: Path) -> None:
    """Neither is taken."""
    plain = gateway(caddy=None, alias=ALIAS, aliasEnv={"TOKEN": HUSH})
    with pytest.raises(SettingsRefused, match="got plain text") as refused:
        read(tmp_path, plain, stack="gateway")
    assert HUSH not in str(refused.value)
    assert "belts:aliasStdin: expected an `alias` of kind `command` beside it, got none" in told(
        tmp_path, alias=None, caddy={"port": 8080}, aliasStdin=HUSH
    )


def told_by() -> CommandAlias:
    return CommandAlias(url="https://x/v1/graphql", setting=("d", "{upstream}"), getting=("g",))


def elsewhere(**changes: Any) -> str:
    alias = {
        "settings": written(told_by()),
        "variables": {"TOKEN": HUSH},
        "stdin": f"first\n{HUSH}-too\n",
    }
    return order(**{"version": ELSEWHERE, "alias": alias, **changes})


def test_the_order() -> None:
    """Its alias is the one elsewhere, its secrets are known to be that, and no text of it holds them."""
    found = parse(elsewhere(), place.place, place.alias)
    assert isinstance(found.alias, Remote)
    assert {HUSH, f"{HUSH}-too"} <= set(found.secrets)
    assert HUSH in Elsewhere(alias=told_by(), stdin=f'header = "Authorization: Bearer {HUSH}"').secrets
    assert HUSH not in repr(found)
    assert found.elsewhere is not None
    assert found.elsewhere.graphql == {"green": "http://127.0.0.1:8501/v1/graphql"}


@pytest.mark.parametrize(
    "changes",
    [{"version": VERSION}, {"alias": None}, {"alias": {}}, {"alias": {"settings": {"url": 1}}}, {"alias": 1}],
)
def test_no_order(changes: dict[str, Any]) -> None:
    """An order that a release before this one would misread is of another version; half of one is none."""
    with pytest.raises(OrderRefused):
        parse(elsewhere(**changes), place.place, place.alias)


async def test_the_kind_goes_back(tmp_path: Path) -> None:
    """A directory would be written, and consumers stay where the commands led them: refused in preview."""
    (tmp_path / "alias").mkdir()
    (tmp_path / "alias" / "writer.json").write_text("{}")
    found = parse(order(hosts=str(tmp_path), directory=str(tmp_path / "alias")), place.place, place.alias)
    with pytest.raises(AliasRefused, match="put `alias` back"):
        await judge(found, preview=True)
    assert json.loads(elsewhere())["version"] == ELSEWHERE
