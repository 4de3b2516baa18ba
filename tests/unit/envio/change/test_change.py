"""Each rule, by the change that it is about, on releases of each sort; each row of the page is a row here."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from belts import envio
from belts.envio import release
from belts.envio.change import kept, rules
from belts.envio.change.change import Change, between
from belts.envio.change.kept import Kept
from belts.envio.change.rules import Class, Rule
from belts.envio.release import RELEASES, Resumes
from tests.unit.envio.projects import ADDRESS, OTHER_ADDRESS, a_chain, a_config, a_contract, a_project

HEIGHTS = {1: 100, 10: 50}
SCHEMA = '''"""Moved."""
type Transfer {
  "who"
  id: ID!
  value: BigInt!
}
enum Kind { A B }
'''
CODE = "// first\nexport const at = 1;\n"
VAULT = a_contract(name="Vault", events=[{"event": "Opened(uint256 id)"}, {"event": "Closed(uint256 id)"}])
CONFIG = a_config(
    contracts=[a_contract(), VAULT],
    chains=[
        a_chain(
            1, contracts=[{"name": "Points", "address": ADDRESS}, {"name": "Vault", "address": OTHER_ADDRESS}]
        ),
        a_chain(10),
    ],
    description="points",
    raw_events=True,
)
PACKAGE = {"dependencies": {"envio": "3.0.0-alpha.17", "viem": "2.0.0"}}
THIRD = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0"


def a_kept(
    directory: Path,
    *,
    config: Callable[[dict[str, Any]], Any] | None = None,
    schema: str = SCHEMA,
    files: Mapping[str, str] | None = None,
    package: object = PACKAGE,
) -> Kept:
    told = copy.deepcopy(CONFIG)
    if config is not None:
        config(told)
    written = {"schema.graphql": schema, "src/points.ts": CODE, "src/other.ts": "x"} | dict(files or {})
    place = a_project(directory, config=told, package=package, files=written)
    return kept.of(envio.read(place, "config.yaml"))


def new_vault(start: int, chain: int = 1, address: str = OTHER_ADDRESS) -> Callable[[dict[str, Any]], Any]:
    own = {"name": "Vault", "address": address, "start_block": start}
    return lambda told: told["chains"][chain]["contracts"].append(own)


CASES: list[tuple[Rule, dict[str, Any]]] = [
    (rules.COMMENT, {"files": {"src/points.ts": "/* other */\n\nexport const at = 1;\n"}}),
    (rules.COMMENT, {"schema": "# said\n" + SCHEMA.replace("  value", "    value")}),
    (rules.SOURCE, {"config": lambda told: told["chains"][0]["rpc"].update(url="https://else.example/key")}),
    (
        rules.SOURCE,
        {"config": lambda told: told["chains"][0].update(hypersync_config={"url": "https://h.example"})},
    ),
    (rules.DESCRIPTION, {"config": lambda told: told.update(description="more")}),
    (rules.DESCRIPTION, {"config": lambda told: told.pop("description")}),
    (rules.DOCUMENTATION, {"schema": SCHEMA.replace("Moved", "Went")}),
    (rules.DOCUMENTATION, {"schema": SCHEMA.replace('  "who"\n', "")}),
    (rules.ORDER, {"schema": "enum Kind { A B }\n" + SCHEMA.replace("enum Kind { A B }\n", "")}),
    (rules.ORDER, {"config": lambda told: told["contracts"][1]["events"].reverse()}),
    (rules.AHEAD, {"config": new_vault(51)}),
    (rules.CODE, {"files": {"src/points.ts": "export const at = 2;\n"}}),
    (rules.CODE, {"files": {"src/new.ts": "export const more = 1;\n"}}),
    (rules.CODE, {"files": {"src/table.json": "[1]"}}),
    (rules.CODE, {"files": {"tsconfig.json": "{}"}}),
    (rules.CODE, {"package": {"dependencies": PACKAGE["dependencies"] | {"viem": "2.1.0"}}}),
    (rules.CODE, {"package": PACKAGE | {"imports": {"#at": "./src/other.ts"}}}),
    (rules.HANDLER_PATH, {"config": lambda told: told["contracts"][0].update(handler="src/other.ts")}),
    (rules.HANDLER_PATH, {"config": lambda told: told.update(handlers="src")}),
    (rules.CHAIN_ADDED, {"config": lambda told: told["chains"].append(a_chain(8453))}),
    (rules.CHAIN_REMOVED, {"config": lambda told: told["chains"].pop()}),
    (rules.CHAIN, {"config": lambda told: told["chains"][1].update(end_block=900)}),
    (rules.CHAIN, {"config": lambda told: told["chains"][1].update(max_reorg_depth=3)}),
    (rules.REACHED, {"config": new_vault(50)}),
    (rules.REACHED, {"config": lambda told: told["chains"][1]["contracts"].append({"name": "Vault"})}),
    (rules.REMOVED, {"config": lambda told: told["chains"][0]["contracts"].pop()}),
    (
        rules.CONTRACT,
        {"config": lambda told: told["chains"][0]["contracts"][0].update(address=[ADDRESS, THIRD])},
    ),
    (rules.CONTRACT, {"config": lambda told: told["chains"][0]["contracts"][0].update(start_block=7)}),
    (
        rules.EVENT,
        {"config": lambda told: told["contracts"][1]["events"].append({"event": "Shut(uint256 id)"})},
    ),
    (rules.EVENT, {"config": lambda told: told["contracts"][1]["events"].pop()}),
    (rules.EVENT, {"config": lambda told: told["contracts"][1]["events"][0].update(name="Begun")}),
    (rules.ENTITY, {"schema": SCHEMA + "type More { id: ID! }\n"}),
    (rules.ENTITY, {"schema": SCHEMA.replace("value: BigInt!", "value: BigInt")}),
    (rules.ENTITY, {"schema": SCHEMA.replace("value: BigInt!", "value: BigInt! @index")}),
    (rules.ENTITY, {"schema": SCHEMA.replace("A B", "B A")}),
    (rules.SETTING, {"config": lambda told: told.update(raw_events=False)}),
    (rules.SETTING, {"config": lambda told: told.update(name="other")}),
    (rules.UNCLEAR, {"config": new_vault(900, address=ADDRESS)}),
]


@pytest.fixture
def old(tmp_path: Path) -> Kept:
    return a_kept(tmp_path / "old")


def changed(old: Kept | str, new: Kept, heights: Mapping[int, int] | str = HEIGHTS) -> Change:
    return between(old, new, digests=("a", "b"), heights=heights)


@pytest.mark.parametrize("resumes", Resumes)
@pytest.mark.parametrize(
    ("rule", "edit"), CASES, ids=[f"{rule.name} {number}" for number, (rule, _) in enumerate(CASES)]
)
def test_a_change(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    old: Kept,
    rule: Rule,
    edit: dict[str, Any],
    resumes: Resumes,
) -> None:
    """It falls under its rule and no other, and has that rule's class on a release of this sort."""
    monkeypatch.setitem(RELEASES, old.envio, replace(RELEASES[old.envio], resumes=resumes))
    found = changed(old, a_kept(tmp_path / "new", **edit))
    assert {reason.rule.name for reason in found.reasons} == {rule.name}, found.reasons
    assert found.kind is rule.on(resumes)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"src/points.ts": CODE + "Vault.Opened.handler(f, { wildcard: true });"}, Class.FRESH_BELT),
        ({"src/points.ts": CODE + 'on({ contract: "Vault", wildcard: true });'}, Class.FRESH_BELT),
        ({"src/points.ts": CODE + 'on({ contract: "VaultOfOthers", wildcard: true });'}, Class.FORWARD_ONLY),
        ({"src/points.ts": CODE + "Vault.Opened.handler(f);"}, Class.FORWARD_ONLY),
        ({"src/points.ts": CODE + f"// {'x' * kept.MOST}"}, Class.FRESH_BELT),
        ({"src/table.json": f'["{"x" * kept.MOST}"]'}, Class.FORWARD_ONLY),
    ],
    ids=["by its name", "by a text", "of another", "none", "what is too long to be kept", "long data"],
)
def test_a_contract_ahead_with_wildcards(
    tmp_path: Path, old: Kept, files: dict[str, str], kind: Class
) -> None:
    """Such handlers meet logs from any block on, which an indexer that resumes does not fetch."""
    assert changed(old, a_kept(tmp_path / "new", config=new_vault(51), files=files)).kind is kind


@pytest.mark.parametrize(("found", "kind"), [(OTHER_ADDRESS, Class.FRESH_BELT), (THIRD, Class.RESUME)])
def test_a_contract_ahead_that_was_found_while_indexing(
    tmp_path: Path, old: Kept, found: str, kind: Class
) -> None:
    """An indexer that resumes goes on taking its logs for those of the contract that it was found as."""
    new = a_kept(tmp_path / "new", config=new_vault(51))
    told = between(
        old, new, digests=("a", "b"), heights=HEIGHTS, registered={10: {found.lower()}, 1: {OTHER_ADDRESS}}
    )

    assert told.kind is kind


def test_a_schema_by_a_roundabout_path(tmp_path: Path) -> None:
    """It is a schema all the same, and no code."""
    where: dict[str, Any] = {"config": lambda told: told.update(schema="./src/../schema.graphql")}
    old = a_kept(tmp_path / "old", **where)
    found = changed(old, a_kept(tmp_path / "new", **where, schema="# said\n" + SCHEMA))

    assert [reason.rule for reason in found.reasons] == [rules.COMMENT]


def test_a_type_that_is_defined_in_two_places(tmp_path: Path) -> None:
    """One of them hides what changes in the other, and which one counts is Envio's to say."""
    more = "extend type Transfer { more: Int }\n"
    old = a_kept(tmp_path / "old", schema=SCHEMA + more)
    found = changed(old, a_kept(tmp_path / "new", schema=SCHEMA.replace("BigInt!", "BigInt! @index") + more))

    assert found.kind is Class.FRESH_BELT
    assert {reason.rule for reason in found.reasons} == {rules.UNCLEAR}


def test_the_abi_of_a_contract_that_no_chain_has(tmp_path: Path) -> None:
    """Code may ask for such a contract."""

    def lone(told: dict[str, Any]) -> None:
        told["contracts"].append(a_contract(name="Lone", abi_file_path="abi.json"))

    old = a_kept(tmp_path / "old", config=lone, files={"abi.json": "[]"})
    found = changed(old, a_kept(tmp_path / "new", config=lone, files={"abi.json": "[1]"}))

    assert [reason.rule for reason in found.reasons] == [rules.SETTING]


@pytest.mark.parametrize("path", ["config.yaml", "package.json"])
def test_a_file_that_code_reads_beside_envio(tmp_path: Path, path: str) -> None:
    """It may tell code what it does not tell Envio; as keys may be in it, a digest of it is kept."""
    read = {"src/points.ts": f'import told from "../{path}";'}
    old = a_kept(tmp_path / "old", files=read)
    place = tmp_path / "new"
    a_kept(place, files=read)
    (place / path).write_text((place / path).read_text() + "\n")
    found = changed(old, kept.of(envio.read(place, "config.yaml")))

    assert [(reason.rule, reason.what) for reason in found.reasons] == [(rules.CODE, path)]
    assert old.code[path].startswith("sha256 ")


def test_every_rule_has_a_case() -> None:
    """The version of Envio, of which one is known here, has a test of its own."""
    assert {rule.name for rule, _ in CASES} | {rules.RELEASE.name} == {rule.name for rule in rules.RULES}


def test_another_release(old: Kept) -> None:
    found = changed(old, replace(old, envio="9.9.9"))
    assert [reason.rule for reason in found.reasons] == [rules.RELEASE]
    assert found.kind is Class.FRESH_BELT


def test_a_release_that_is_not_known(old: Kept) -> None:
    """What it does when it resumes cannot be told."""
    one = replace(old, envio="9.9.9")
    found = changed(one, replace(one, dependencies={"envio": "9.9.9", "viem": "3.0.0"}))
    assert found.kind is Class.FRESH_BELT
    assert [reason.what for reason in found.unclear] == ["what Envio 9.9.9 does when it resumes is not known"]


def test_every_release_says_how_it_resumes() -> None:
    """It decides the column of each."""
    assert all(isinstance(each.resumes, release.Resumes) for each in RELEASES.values())


def test_nothing_changed(old: Kept) -> None:
    found = between(old, old, digests=("a", "a"), heights="not known")
    assert (found.kind, found.reasons) == (Class.NOTHING, ())


def test_what_is_not_kept_changed(old: Kept) -> None:
    """The path of an RPC's URL may be a key: another digest, and nothing that decides."""
    assert changed(old, old).kind is Class.FREE


def test_what_was_seeded_is_not_known(old: Kept) -> None:
    found = changed("what the belt was seeded with was not kept", old)
    assert (found.kind, [each.what for each in found.unclear]) == (
        Class.FRESH_BELT,
        ["what the belt was seeded with was not kept"],
    )


@pytest.mark.parametrize("heights", ["its database does not run", {1: 100}])
def test_a_contract_ahead_of_what_is_not_known(
    tmp_path: Path, old: Kept, heights: Mapping[int, int] | str
) -> None:
    """Whether a chain has reached a block cannot be told without its height."""
    found = changed(old, a_kept(tmp_path / "new", config=new_vault(51)), heights)
    assert found.kind is Class.FRESH_BELT
    assert found.unclear


def test_the_worst_part_decides(tmp_path: Path, old: Kept) -> None:
    """All are told, and those that decide are known."""
    files = {"src/points.ts": "export const at = 2;\n"}
    found = changed(old, a_kept(tmp_path / "new", config=new_vault(51), files=files))
    assert (found.kind, len(found.reasons)) == (Class.FORWARD_ONLY, 2)
    assert [reason.rule for reason in found.deciding] == [rules.CODE]


def test_the_word_is_of_one_change(old: Kept) -> None:
    """Of both digests, and of their order."""
    one, other = (between(old, old, digests=each, heights={}).word for each in (("a", "b"), ("b", "a")))
    assert one != other
    assert one == between(old, old, digests=("a", "b"), heights={1: 7}).word


def test_no_secret_is_kept(tmp_path: Path) -> None:
    """Of URLs only the host, of variables only the name, of headers only the names."""
    url = "https://me:SECRET@rpc.example:8545/v2/SECRET?key=SECRET"
    sources = [
        {"url": url, "headers": {"Authorization": "SECRET"}},
        "${RPC:-https://h.example/SECRET}",
        "SECRET",
    ]
    package = {"dependencies": {"envio": "3.0.0-alpha.17", "x": "git+https://SECRET@h.example/x.git#SECRET"}}
    found = a_kept(tmp_path / "p", config=lambda told: told["chains"][0].update(rpc=sources), package=package)
    assert "SECRET" not in str(kept.written(found))
    assert found.config["chains"][0]["rpc"] == [
        {"url": "https://rpc.example:8545", "headers": ["Authorization"]},
        "${RPC}",
        "a text",
    ]


@pytest.mark.parametrize(
    "told",
    [None, [], {"version": 1}, {"version": 2}, {"version": 1, "envio": "e", "schema": "s", "config": []}],
)
def test_what_was_kept_says_nothing(told: object) -> None:
    """Never a project; always why."""
    assert isinstance(kept.read(told), str)


def test_what_was_kept_is_read_as_it_was_written(old: Kept) -> None:
    assert kept.read(kept.written(old)) == old
