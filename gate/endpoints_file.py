"""Reads the endpoints file, reporting all of its mistakes at once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from belts.reading.mistakes import MistakesError
from belts.reading.node import Node, Reading
from belts.reading.yaml import document
from belts.runtimes.runtime import Place
from belts.spec.runtime import Runtime
from gate.addresses import address, database, secret
from gate.endpoints import Belt, Endpoints, Hosted
from gate.secret import Address

NOTHING_SERVES = "none"

Places: TypeAlias = Callable[[Path, Runtime], Place]


def parse(text: str, *, environment: Mapping[str, str], places: Places) -> Endpoints:
    """Parses the endpoints, or raises `MistakesError`; `places` knows the belts below a directory.

    That no belt serves yet is the one case without anything to compare with, so it must be stated: a file in
    which `serving` is merely missing is a mistake.
    """
    reading = Reading(environment=environment)
    fields = Node(document(text, name="endpoints"), "endpoints", reading).fields(
        "serving", "candidate", "alias", "hosted"
    )
    serving = fields.at("serving")
    if not serving.given:
        serving.wrong(f"the serving belt, or the word `{NOTHING_SERVES}` if nothing serves yet")
    endpoints = Endpoints(
        serving=None if serving.value == NOTHING_SERVES else _belt(serving),
        candidate=_belt(_demanded(fields.at("candidate"))),
        alias=fields.optional("alias", address, None),
        hosted=fields.optional("hosted", lambda node: _hosted(node, places), None),
    )
    if reading.mistakes:
        raise MistakesError(reading.mistakes, of="the endpoints file")
    return endpoints


def _demanded(node: Node) -> Node:
    """A belt that must be given."""
    if not node.given:
        node.wrong("the candidate's endpoints")
    return node


def _hosted(node: Node, places: Places) -> Hosted:
    """The directory on this host below which both belts run, and their names there."""
    fields = node.fields("root", "runtime", "serving", "candidate")
    root = Path(fields.at("root").text("the directory below which the belts run"))
    runtime = fields.optional("runtime", lambda entry: entry.one_of(Runtime), Runtime.PROCESS)
    candidate = fields.at("candidate").text("the candidate's name, as its stack is called")
    return Hosted(
        census=lambda: places(root, runtime).census(),
        relayed=lambda: places(root, runtime).relayed(candidate),
        candidate=candidate,
        serving=fields.optional("serving", Node.text, None),
    )


def _belt(node: Node) -> Belt:
    """One belt's doors."""
    fields = node.fields("graphql", "adminSecret", "database", "metrics", "dial", "sources")
    return Belt(
        graphql=address(fields.at("graphql")),
        admin_secret=fields.optional("adminSecret", secret, None),
        database=fields.optional("database", database, None),
        metrics=fields.optional("metrics", address, None),
        dial=fields.optional("dial", Node.text, None),
        sources=fields.optional("sources", _sources, None),
    )


def _sources(node: Node) -> Mapping[int, tuple[Address, ...]]:
    """What a belt indexes each chain from."""
    found = {}
    for key, entry in node.items():
        if isinstance(key, bool) or not isinstance(key, int) or key < 1:
            entry.wrong("chain ids as keys, such as 8453", f"the key {key!r}")
        else:
            found[key] = tuple(map(address, entry.each()))
    return found
