"""Where a config has variables, and where it may not: their values are not part of the project.

Envio fills them into the text before parsing, wherever they are. So a value of the environment, which may
change while a belt serves, would decide what is indexed.
"""

from collections.abc import Iterator

from belts.envio.release import FORMS
from belts.envio.sources import SOURCES
from belts.reading.node import Node

BEGIN = "${"


def misplaced(top: Node) -> Iterator[Node]:
    """Every value with a variable, except the sources of chains."""
    for key in _keys(top):
        chains = top.at(key)
        listed = key in FORMS and isinstance(chains.value, list)
        for chain in chains.each() if listed else ():
            for part in _keys(chain):
                yield from () if part in SOURCES else _below(chain.at(part))
        yield from () if listed else _below(chains)


def _keys(node: Node) -> list[str]:
    return list(node.value) if isinstance(node.value, dict) else []


def _below(node: Node) -> Iterator[Node]:
    if isinstance(node.value, dict):
        for key in node.value:
            yield from [node] if BEGIN in str(key) else _below(node.at(key))
    elif isinstance(node.value, list):
        for each in node.each():
            yield from _below(each)
    elif isinstance(node.value, str) and BEGIN in node.value:
        yield node
