"""YAML as its author means it: one document, a map, no key twice."""

from typing import Any

import yaml

from belts.reading.mistakes import Mistake, MistakesError
from belts.reading.unquoted import Number, Word

MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key that stands twice is a mistake: the second would silently win.

    A merge key (`<<: *common`) gives defaults, which keys of the map itself override: that is what it is for.
    """

    merges = True

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """The map, unless a key repeats."""
        keys = [self._key(key) for key, _ in node.value]
        for at, (key, _) in enumerate(node.value):
            if keys[at] in keys[:at]:
                raise _refused(f"the key {'<<' if keys[at] == MERGE else keys[at]!r} stands twice", key)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """A number; one that is not written in decimal digits remembers how it is."""
        value = super().construct_yaml_int(node)
        return value if str(value) == node.value else Number(value, node.value)

    def construct_answer(self, node: yaml.ScalarNode) -> bool | Word:
        """`true` or `false`; other words remember what they are."""
        value = self.construct_yaml_bool(node)
        return value if node.value.lower() in {"true", "false"} else Word(node.value, answer=value)

    def _key(self, key: yaml.Node) -> object:
        if key.tag == MERGE:
            if not self.merges:
                raise _refused("a merge key (`<<`), which is not read here", key)
            return MERGE
        found = self.construct_object(key, deep=True)
        if not isinstance(found, str | int):
            raise _refused("a key that is no text", key)
        return found


class _WithoutMerges(_Loader):
    """For files that something else reads too, and not so."""

    merges = False


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:bool", _Loader.construct_answer)


def document(text: str, *, name: str, merges: bool = True) -> dict[Any, Any]:
    """The map that a file holds; `name` is how its paths begin."""
    try:
        found = yaml.load(text, _Loader if merges else _WithoutMerges)  # noqa: S506 - subclasses of the safe one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise MistakesError(
            [Mistake(path=name, expected="YAML", got=f"{problem}{where}")], of=name
        ) from error
    if not isinstance(found, dict):
        got = "nothing" if found is None else f"a {type(found).__name__}"
        raise MistakesError([Mistake(path=name, expected="a map", got=got)], of=name)
    return found


def _refused(problem: str, key: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
