"""One document, a map, no key twice; what stands in it is told without what may be a key."""

import pytest

from belts.reading.mistakes import MistakesError, shown
from belts.reading.yaml import document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chains: [", "in line 1"),
        ("name: a\nname: b\n", "the key 'name' stands twice in line 2"),
        ("a: {}\n? [1]\n: 2\n", "in line 2"),
        ("1.5: a\n", "a key that is no text in line 1"),
        ("one: &one {a: 1}\ntwo: &two {a: 2}\nx:\n  <<: *one\n  <<: *two\n", "'<<' stands twice in line 5"),
    ],
)
def test_the_line(text: str, said: str) -> None:
    """Where a file is no YAML, or says a thing twice, its line is told."""
    with pytest.raises(MistakesError) as caught:
        document(text, name="config.yaml")
    [mistake] = caught.value.mistakes
    assert (mistake.path, mistake.expected) == ("config.yaml", "YAML")
    assert mistake.got.endswith(said)


def test_merge_keys() -> None:
    """They give defaults, but not in a file that something else reads too, which may see no merge there."""
    text = "one: &one {a: 1, b: 2}\ntwo: {<<: *one, b: 3}\n"
    assert document(text, name="policy")["two"] == {"a": 1, "b": 3}
    with pytest.raises(MistakesError, match=r"config\.yaml: expected YAML, got a merge key .* in line 2"):
        document(text, name="config.yaml", merges=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        (7, "7"),
        ("7", '"7"'),
        (["app", ""], '["app", ""]'),
        ({"url": "https://h/k3y"}, "a map"),
        ([{"url": "https://h/k3y"}], "a list"),
        ([["https://h/k3y"]], "a list"),
        ("x" * 200, '"' + "x" * 76 + "..."),
    ],
)
def test_what_is_shown(value: object, text: str) -> None:
    """A value as it would be written; a map, in which there may be a key, is only called one."""
    assert shown(value) == text
