"""A project's config with every URL that a chain is indexed from replaced, and nothing else.

The text is edited in place: if it were rewritten as a whole, another parser could read a number or a word
differently.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping

import yaml

from belts.envio.release import FORMS
from belts.envio.sources import filled, unset
from belts.provider.routes import Upstream
from belts.refusal import Caught

HTTP = ("http://", "https://")


class NotRelayed(Caught):
    """A config names something that a relay cannot front; described without the URL."""


def relayed(
    text: str, env: Mapping[str, str], *, at: Callable[[int], str]
) -> tuple[str, tuple[Upstream, ...]]:
    """The text with each URL replaced by `at(number)`, and the original URLs in order of number."""
    found: dict[int, tuple[yaml.ScalarNode, Upstream]] = {}
    for chain, node in _urls(yaml.compose(text, yaml.SafeLoader)):
        found.setdefault(node.start_mark.index, (node, _upstream(chain, node.value, env)))
    upstreams, parts, end = [], [], 0
    for number, (start, (node, upstream)) in enumerate(sorted(found.items())):
        old = text[start : node.end_mark.index]
        parts += [text[end:start], json.dumps(at(number)), "\n" if old.endswith("\n") else ""]
        end = node.end_mark.index
        upstreams.append(upstream)
    return "".join([*parts, text[end:]]), tuple(upstreams)


def _upstream(chain: int, told: str, env: Mapping[str, str]) -> Upstream:
    if missing := unset(told, env):
        raise NotRelayed(f"chain {chain} has a URL with {', '.join(missing)}, which nobody has set")
    url = filled(told, env)
    if re.match("wss?:", url):
        raise NotRelayed(f"chain {chain} is indexed from a WebSocket")
    if not url.startswith(HTTP):
        raise NotRelayed(f"chain {chain} has a URL that is none of HTTP")
    return Upstream(chain=chain, url=url)


def _urls(root: yaml.Node | None) -> Iterator[tuple[int, yaml.ScalarNode]]:
    """The URLs in the form of any release: see `sources`."""
    for form in FORMS:
        for chain in _each(_value(root, form)):
            number = _value(chain, "id")
            if not isinstance(number, yaml.ScalarNode) or not number.value.isdigit():
                continue
            for key in ("rpc", "rpc_config"):
                for told in _each(_value(chain, key)):
                    yield from ((int(number.value), url) for url in _of_source(int(number.value), told))


def _of_source(chain: int, told: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(told, yaml.MappingNode):
        if _value(told, "ws") is not None:
            raise NotRelayed(f"chain {chain} is told its new blocks by a WebSocket (`ws`)")
        yield from (url for url in _each(_value(told, "url")) if isinstance(url, yaml.ScalarNode))
    elif isinstance(told, yaml.ScalarNode) and told.value:
        yield told


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _each(node: yaml.Node | None) -> list[yaml.Node]:
    """The entries of a list; anything else counts as its only entry."""
    if node is None:
        return []
    return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]
