"""The example of a policy is one, and its description knows every key."""

import re
from pathlib import Path

from gate.commands.place import place
from gate.files import read
from gate.policy import Mode, sections
from gate.policy.parse import KEYS

EXAMPLE = Path(__file__).parents[4] / "examples" / "policy"
ENVIRONMENT = {
    name: f"{name.lower()}-value"
    for file in ("endpoints.yaml", "policy.yaml")
    for name in re.findall(r"\$\{(\w+)\}", (EXAMPLE / file).read_text())
}


def test_the_example() -> None:
    """Both files are read without a mistake."""
    endpoints, policy = read(EXAMPLE / "endpoints.yaml", EXAMPLE / "policy.yaml", ENVIRONMENT, place)
    assert endpoints.serving is not None
    assert policy.mode is Mode.EXPANSION
    assert [chain.id for chain in policy.chains if chain.new] == [8453]


def test_every_key_is_described() -> None:
    """A key that a reader of the policy asks for is in its description."""
    text = (EXAMPLE / "README.md").read_text()
    source = Path(sections.__file__).read_text()
    asked = set(re.findall(r'fields\.(?:node|optional)\(\s*"(\w+)"', source))
    assert len(asked) > 20
    assert [key for key in sorted(asked | set(KEYS)) if key not in text] == []
