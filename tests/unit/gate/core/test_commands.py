"""Arguments in, results out, and exit codes that tell apart what happened."""

import json
from pathlib import Path

import pytest
from graphql import build_schema, introspection_from_schema

from gate.__main__ import main
from gate.alias.order.ledger_address import OWNER_VARIABLE
from tests.unit.gate.core.builders import SDL
from tests.unit.gate.core.test_known import THEN, TODAY

ENDPOINTS = "serving: none\ncandidate: {graphql: 'http://127.0.0.1:9/v1/graphql'}\n"


def written(directory: Path, name: str, text: str) -> str:
    path = directory / name
    path.write_text(text)
    return str(path)


def test_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Usage is exit code 2, help is 0."""
    assert main([]) == 2
    assert main(["check", "--only", "everything"]) == 2
    assert main(["--help"]) == 0
    assert "3 could not tell" in capsys.readouterr().out


def test_check_without_files(capsys: pytest.CaptureFixture[str]) -> None:
    """Both files are needed, and missing ones are named."""
    assert main(["check"]) == 2
    assert main(["check", "--endpoints", "/nowhere/e.yaml", "--policy", "/nowhere/p.yaml"]) == 2
    told = capsys.readouterr()
    assert "endpoints: expected a file at /nowhere/e.yaml, got No such file or directory" in told.err
    assert "policy: expected a file at /nowhere/p.yaml" in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    ("arguments", "expected", "seen"),
    [
        (["check", "--policy", "p.yaml"], "--endpoints FILE and --policy FILE", "no --endpoints"),
        (["check"], "--endpoints FILE and --policy FILE", "no --endpoints and no --policy"),
        (["ledger", "--role", "gate"], "the URL of the ledger's owner in the environment", "none there"),
        (["prove", "--endpoints", "e", "--policy", "p", "--rate", "0"], "at least 1 question a second", "0"),
        (["report", "what?"], "the number of a verdict, or how it begins", "'what?'"),
    ],
)
def test_usage(
    arguments: list[str],
    expected: str,
    seen: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What cannot begin is refused in the form of every refusal, and is exit code 2."""
    monkeypatch.delenv(OWNER_VARIABLE, raising=False)
    assert main(arguments) == 2
    what, wanted, found, now = capsys.readouterr().err.splitlines()
    assert what == f"gate {arguments[0]}: nothing was done"
    assert wanted.startswith("  expected: ")
    assert expected in wanted
    assert found == f"  seen:     {seen}"
    assert now.startswith("  now:      ")


def test_mistakes_in_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The mistakes of both files are told at once."""
    where = written(tmp_path, "e.yaml", "candidate: {graphql: nowhere}")
    what = written(tmp_path, "p.yaml", "version: 1")
    assert main(["check", "--endpoints", where, "--policy", what]) == 2
    told = capsys.readouterr().err
    for path in ("endpoints.serving", "endpoints.candidate.graphql", "policy.mode", "policy.chains"):
        assert f" {path}: expected" in told


def test_the_first_alias_needs_goldens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing between the two files is a mistake too."""
    policy = """
        {version: 1, mode: parity,
         chains: {1: {rpc: ["http://a.example.com"], indexedFrom: ["http://b.example.net"]}},
         groundTruth: [{chain: 1, contract: "0x0000000000000000000000000000000000000001",
                        event: "A()", entity: A}]}
    """
    where, what = written(tmp_path, "e.yaml", ENDPOINTS), written(tmp_path, "p.yaml", policy)
    assert main(["check", "--endpoints", where, "--policy", what]) == 2
    assert "because nothing serves yet and every chain is new" in capsys.readouterr().err


@pytest.mark.parametrize("claim", ["distinct", "reachable", "complete", "height", "schema", "runtime"])
def test_explain(claim: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A claim is explained without looking at anything."""
    assert main(["check", "--explain", claim]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{claim}: ")
    assert f"{claim}." in told
    assert "needs" in told


@pytest.mark.parametrize("form", ["sdl", "json", "data"])
def test_schema_that_is_safe(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An addition is safe, whatever form the schemas come in."""
    more = SDL + "type Extra { id: ID! }"
    introspection = introspection_from_schema(build_schema(more))
    text = {"sdl": more, "json": json.dumps(introspection), "data": json.dumps({"data": introspection})}[form]
    old, new = written(tmp_path, "old.graphql", SDL), written(tmp_path, "new", text)
    assert main(["schema", old, new, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["safe"] is True
    assert {"kind": "TYPE_ADDED", "change": "Extra was added."} in told["harmless"]


def test_schema_that_breaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A break is exit code 1, and named."""
    old = written(tmp_path, "old", SDL)
    new = written(tmp_path, "new", SDL.replace("memo: String ", ""))
    assert main(["schema", old, new, "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["safe"] is False
    assert told["breaks"] == [{"kind": "FIELD_REMOVED", "change": "Field Transfer.memo was removed."}]
    assert main(["schema", old, new]) == 1
    assert "breaks   Field Transfer.memo was removed." in capsys.readouterr().out


@pytest.mark.parametrize("form", ["sdl", "json"])
def test_schema_of_another_release(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What releases show otherwise of their own lists is told and is no break; a break beside it is one."""

    def shown(text: str) -> str:
        return text if form == "sdl" else json.dumps(introspection_from_schema(build_schema(text)))

    old, new = written(tmp_path, "old", shown(TODAY)), written(tmp_path, "new", shown(THEN))
    assert main(["schema", old, new, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    known = [each["change"] for each in told["harmless"] if each["kind"] == "KNOWN_BETWEEN_RELEASES"]
    assert len(known) == 6
    assert "raw_events.serial is Int today and bigint then: the releases differ in that." in known
    narrower = written(tmp_path, "narrower", shown(THEN.replace("value: Int!", "value: bigint!")))
    assert main(["schema", old, narrower]) == 1
    assert "breaks   Field Transfer.value changed type" in capsys.readouterr().out
    assert main(["schema", new, old]) == 1, "a number that gets less room is one that may not fit"


@pytest.mark.parametrize(
    "text", ["type {", "{}", '{"data": null}', '{"errors": [{"message": "no"}]}', "", '{"__schema": {}}']
)
def test_schema_from_something_else(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What holds no schema is a mistake of usage, in words."""
    old, new = written(tmp_path, "old", SDL), written(tmp_path, "new", text)
    assert main(["schema", old, new]) == 2
    assert "gate schema:" in capsys.readouterr().err


def test_schema_from_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither is a file that is not there, or a URL that nobody answers; its path is not shown."""
    assert main(["schema", "/nowhere/a", "/nowhere/b"]) == 2
    assert main(["schema", "http://127.0.0.1:9/secret-path", "http://127.0.0.1:9/secret-path"]) == 2
    assert "secret-path" not in capsys.readouterr().err
