"""Reads a policy, or tells every mistake in it at once."""

import hashlib
import json
from collections.abc import Collection, Mapping

from belts.reading.mistakes import Mistake, MistakesError
from belts.reading.node import Node, Reading
from belts.reading.yaml import document
from gate.policy.addressed import addressed
from gate.policy.alias import NO_ALIAS, alias
from gate.policy.loosened import loosened
from gate.policy.model import (
    DEFAULT_DEADLINE,
    DEFAULT_SETTLE,
    DEFAULT_SOAK,
    NO_RUNTIME,
    Mode,
    Policy,
    RuntimePolicy,
)
from gate.policy.proof import Extent, mismatches
from gate.policy.providers import DEFAULT_PROVIDERS, providers, strangers
from gate.policy.sections import acceptances, chains, entities, ground_truth, recovery, waivers
from gate.policy.served import NO_SERVED, served
from gate.policy.sound import NO_SOUND, sound
from gate.policy.unproved import strangers as unexpected
from gate.policy.unproved import unproved
from gate.policy.waivers import NO_WAIVERS

VERSION = 1
KEYS = (
    "version",
    "mode",
    "deadline",
    "settle",
    "soak",
    "chains",
    "entities",
    "groundTruth",
    "sound",
    "waivers",
    "accept",
    "unproved",
    "runtime",
    "served",
    "alias",
    "recovery",
    "proof",
    "providers",
)


def parse(
    text: str, *, environment: Mapping[str, str], acceptable: Collection[str], core: Collection[str] = ()
) -> Policy:
    """The policy in a text, or `MistakesError`.

    `acceptable` are the parts that may be accepted undecided, `core` those that exist and may not.
    """
    values = document(text, name="policy")
    reading = Reading(environment=environment)
    policy = _policy(values, reading, acceptable, core)
    reading.mistakes.extend(_contradictions(policy) if not reading.mistakes else ())
    if reading.mistakes:
        raise MistakesError(reading.mistakes, of="the policy")
    return policy


def first_alias_mistakes(policy: Policy) -> tuple[Mistake, ...]:
    """What is missing in a policy for the first alias of all, for which every chain is new."""
    return tuple(
        Mistake(
            path=f"policy.groundTruth (chain {chain.id})",
            expected="at least one golden, because nothing serves yet and every chain is new",
            got="none",
        )
        for chain in policy.chains
        if not _goldens(policy, chain.id)
    )


def digest_of(values: Mapping[object, object]) -> str:
    """What a policy says, as one short text; layout and comments make no difference."""
    canonical = json.dumps(_keyed(values), sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _keyed(value: object) -> object:
    """The value with every key as a text, because YAML's keys have types of their own."""
    if isinstance(value, Mapping):
        return {str(key): _keyed(inner) for key, inner in value.items()}
    return [_keyed(inner) for inner in value] if isinstance(value, list) else value


def _policy(
    values: dict[object, object], reading: Reading, acceptable: Collection[str], core: Collection[str]
) -> Policy:
    """All sections, each by its reader."""
    fields = Node(values, "policy", reading).fields(*KEYS)
    version = fields.at("version")
    if version.value != VERSION or isinstance(version.value, bool):
        version.wrong(f"{VERSION}, the version of policies that this gate understands")
    policy = Policy(
        version=VERSION,
        digest=digest_of(addressed(values, reading.environment)),
        mode=fields.at("mode").one_of(Mode),
        deadline=fields.optional("deadline", Node.span, DEFAULT_DEADLINE),
        settle=fields.optional("settle", Node.span, DEFAULT_SETTLE),
        soak=fields.optional("soak", Node.span, DEFAULT_SOAK),
        chains=chains(fields.at("chains")),
        entities=entities(fields.at("entities")),
        ground_truth=ground_truth(fields.at("groundTruth")),
        sound=fields.optional("sound", sound, NO_SOUND),
        waivers=fields.optional("waivers", waivers, NO_WAIVERS),
        accepts=acceptances(fields.at("accept"), acceptable, core),
        unproved=unproved(fields.at("unproved")),
        runtime=fields.optional("runtime", _runtime, NO_RUNTIME),
        served=fields.optional("served", served, NO_SERVED),
        alias=fields.optional("alias", alias, NO_ALIAS),
        recovery=fields.optional("recovery", recovery, None),
        proof=fields.optional("proof", lambda node: node.one_of(Extent), Extent.WHOLE),
        providers=fields.optional("providers", providers, DEFAULT_PROVIDERS),
    )
    return loosened(policy)


def _runtime(node: Node) -> RuntimePolicy:
    """What the candidate's indexer was declared to be."""
    fields = node.fields("version", "heapMb")
    return RuntimePolicy(
        version=fields.optional("version", Node.text, None),
        heap_mb=fields.optional("heapMb", lambda node: node.whole(least=1), None),
    )


def _contradictions(policy: Policy) -> list[Mistake]:
    """What is wrong between sections, each of which is right in itself."""
    found = []
    expected = {chain.id for chain in policy.chains}
    for chain in policy.chains:
        found += _unproved(policy, chain.id, new=chain.new)
        if chain.new and policy.mode is Mode.PARITY:
            words = "false or nothing: in parity mode no chain is new"
            found.append(Mistake(path=f"policy.chains.{chain.id}.new", expected=words, got="true"))
    found += strangers(policy.providers, policy.chains)
    found += unexpected(policy.unproved, expected)
    for index, entry in enumerate(policy.ground_truth):
        if entry.chain not in expected:
            words = "one of the expected chains"
            path = f"policy.groundTruth[{index}].chain"
            found.append(Mistake(path=path, expected=words, got=str(entry.chain)))
    if policy.proof is Extent.WHOLE:
        found += mismatches(policy.ground_truth)
    for index, waiver in enumerate(policy.waivers.chains):
        if waiver.chain in expected:
            words = "a chain that is given up, and so not expected"
            path = f"policy.waivers.chains[{index}].chain"
            found.append(Mistake(path=path, expected=words, got=str(waiver.chain)))
    return found


def _unproved(policy: Policy, chain: int, *, new: bool) -> list[Mistake]:
    """A chain of which the policy lets nobody prove anything."""
    path = f"policy.groundTruth (chain {chain})"
    if not any(entry.chain == chain for entry in policy.ground_truth):
        words = "at least one entry for every expected chain"
        return [Mistake(path=path, expected=words, got="none")]
    if new and not _goldens(policy, chain):
        return [Mistake(path=path, expected="at least one golden, because the chain is new", got="none")]
    return []


def _goldens(policy: Policy, chain: int) -> bool:
    """Whether any golden is named for a chain."""
    return any(entry.goldens for entry in policy.ground_truth if entry.chain == chain)
