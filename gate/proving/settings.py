"""The settings of the prover beside a belt: files from its arguments, secrets from its environment."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from belts.reading.mistakes import Mistake, MistakesError
from gate.endpoints import Belt, Endpoints
from gate.files import read_policy
from gate.policy import Policy
from gate.policy.providers import Providers
from gate.seal import VARIABLE, Seal, seal_in, seal_of
from gate.secret import Address, Secret

DATABASE = "BELTS_PROVE_DATABASE"
NOWHERE = Address("http://127.0.0.1:1/v1/graphql")
"""A placeholder: the prover reads the belt's database, and never asks its GraphQL."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One prover of one belt: the candidate, the events to prove, where it stores what, and its limits."""

    endpoints: Endpoints
    policy: Policy
    evidence: Path
    seal: Seal
    note: Path
    sources: Path
    routes: Path
    memory_mb: int


def of(argv: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Parses the settings; raises `MistakesError`, which shows no value."""
    given = _arguments(argv)
    mistakes = []
    if not environment.get(DATABASE):
        mistakes.append(Mistake(DATABASE, "the belt's database", "nothing"))
    if given.key is None and not environment.get(VARIABLE):
        mistakes.append(Mistake(VARIABLE, "a key for evidence here, or in the file after --key", "none"))
    if mistakes:
        raise MistakesError(mistakes, of="what the prover was told", left="nothing was looked at")
    policy = read_policy(given.policy, environment)
    return Settings(
        endpoints=Endpoints(
            serving=None, candidate=Belt(graphql=NOWHERE, database=Secret(environment[DATABASE]))
        ),
        policy=replace(policy, providers=Providers(rate=given.rate)),
        evidence=given.evidence / "chains",
        seal=seal_in(given.key) if given.key else seal_of(environment),
        note=given.note,
        sources=given.sources,
        routes=given.routes,
        memory_mb=given.memory_mb,
    )


def without_own_sources(policy: Policy, sources: Path) -> Policy:
    """Adds every URL that the belt really indexes from to the policy's sources.

    The belt's host records these each time that it starts the indexer.
    """
    try:
        told: dict[str, list[str]] = json.loads(sources.read_text())
        known = {int(chain): tuple(map(Address, urls)) for chain, urls in told.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        mistake = Mistake(str(sources), "a file that says what the belt indexes from", "none")
        raise MistakesError([mistake], of="what the prover was told") from None
    chains = tuple(
        replace(chain, indexed_from=(*chain.indexed_from, *known.get(chain.id, ())))
        for chain in policy.chains
    )
    return replace(policy, chains=chains)


def _arguments(argv: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m gate.proving", description="Prove a belt's history in rounds.")
    parser.add_argument("--policy", type=Path, required=True, metavar="FILE", help="the events to be proved")
    parser.add_argument("--evidence", type=Path, required=True, metavar="DIR", help="where evidence is kept")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="the key of evidence, if no variable holds it"
    )
    parser.add_argument(
        "--note", type=Path, required=True, metavar="FILE", help="where it says how far it is"
    )
    parser.add_argument(
        "--sources", type=Path, required=True, metavar="FILE", help="what the belt indexes from, by chain"
    )
    parser.add_argument(
        "--routes", type=Path, required=True, metavar="FILE", help="what the belt's relay leads to, if any"
    )
    parser.add_argument("--rate", type=int, required=True, help="questions a second to a provider")
    parser.add_argument("--memory-mb", type=int, required=True, help="what it may use of the host's memory")
    return parser.parse_args(argv)
