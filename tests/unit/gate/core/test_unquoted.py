"""What stands without quotes, and YAML reads as something else: told by its path, or of no matter."""

import pytest
import yaml

from gate.policy.groundtruth import GroundTruth
from tests.unit.gate.core.test_policy import CONTRACT, EVENT, HASH, mistakes, read_text, values

TRUTH = f'{{chain: 1, contract: "{CONTRACT}", event: "{EVENT}", entity: Transfer'


def policy(entry: str = f"{TRUTH}}}", more: str = "") -> str:
    """A policy whose one entry of the ground truth stands as it is typed."""
    others = yaml.safe_dump({key: value for key, value in values().items() if key != "groundTruth"})
    return f"{others}groundTruth:\n  - {entry}\n{more}"


@pytest.mark.parametrize(
    ("text", "path", "shown"),
    [
        (policy(f"{TRUTH}, topics: {{to: {CONTRACT}}}}}"), "groundTruth[0].topics.to", CONTRACT),
        (policy(f"{TRUTH}, topics: {{to: ['0xab', {HASH}]}}}}"), "groundTruth[0].topics.to[1]", HASH),
        (policy(f"{TRUTH}, where: {{asset: {CONTRACT}}}}}"), "groundTruth[0].where.asset", CONTRACT),
        (policy(f"{TRUTH}, where: {{code: 007}}}}"), "groundTruth[0].where.code", "007"),
        (policy(f"{TRUTH}, where: {{hour: 12:30}}}}"), "groundTruth[0].where.hour", "12:30"),
        (policy(f"{TRUTH}, where: {{state: Off}}}}"), "groundTruth[0].where.state", "Off"),
        (policy(f"{TRUTH}, where: {{rate: 1.50}}}}"), "groundTruth[0].where.rate", "1.5"),
        (policy(f"{TRUTH}, where: {{On: a}}}}"), "groundTruth[0].where.On", "On"),
        (policy(f"{TRUTH}, columns: {{value: yes}}}}"), "groundTruth[0].columns.value", "yes"),
        (policy(TRUTH.replace(f'"{CONTRACT}"', CONTRACT) + "}"), "groundTruth[0].contract", CONTRACT),
        (
            policy(
                TRUTH.replace("Transfer", "No").replace(f'"{EVENT.replace("Transfer", "No")}"', f'"{EVENT}"')
                + "}"
            ),
            "groundTruth[0].entity",
            "No",
        ),
        (
            policy(f"{TRUTH}, goldens: [{{transaction: {HASH}, logIndex: 1}}]}}"),
            "groundTruth[0].goldens[0].transaction",
            HASH,
        ),
        (policy(more="entities: {No: {floor: 1}}\n"), "entities.No", "No"),
        (policy(more="entities: {true: {floor: 1}}\n"), "entities.true", "true"),
        (policy(more="entities: {0x10: {floor: 1}}\n"), "entities.0x10", "0x10"),
    ],
)
def test_without_quotes(text: str, path: str, shown: str) -> None:
    """Nothing would match what YAML makes of it: the way out is quotes, and they are asked for."""
    [said] = [line for line in mistakes(text) if line.startswith(f"policy.{path}: ")]
    assert f"{shown} without quotes" in said
    assert said.endswith("quote it")


def test_the_way_out() -> None:
    """In quotes, each is the text that was meant; what YAML reads as it stands needs none."""
    where = f'{{asset: "{CONTRACT}", code: "007", "On": "Off", kind: 7, open: true, name: EUR}}'
    found = read_text(policy(f'{TRUTH}, where: {where}, topics: {{to: ["{CONTRACT}", 12]}}}}'))
    [entry] = found.ground_truth
    assert isinstance(entry, GroundTruth)
    assert dict(entry.where) == {
        "asset": CONTRACT,
        "code": "007",
        "On": "Off",
        "kind": "7",
        "open": "true",
        "name": "EUR",
    }
    assert entry.topics == (("to", (CONTRACT.lower(), "12")),)


@pytest.mark.parametrize(("word", "answer"), [("yes", True), ("On", True), ("true", True), ("no", False)])
def test_where_an_answer_is_asked_for(word: str, answer: bool) -> None:
    """There YAML's words are what they say, and a number is one however it is written."""
    golden = f'goldens: [{{transaction: "{HASH}", logIndex: 1}}]'
    given = policy(f"{TRUTH}, from: 0x10, {golden}}}").replace("rpc:", f"new: {word}\n    rpc:")
    given = given.replace("mode: parity", "mode: expansion")
    found = read_text(given + 'entities: {"No": {floor: 1_000}}\n')
    assert found.chains[0].new is answer
    assert found.ground_truth[0].start == 16
    assert [(one.name, one.floor) for one in found.entities] == [("No", 1000)]
