"""Reads the logs of a window, and proves them."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate import evidence
from gate.observations.truth import LogSeen, Proof
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import provider_of
from gate.policy.groundtruth import GroundTruth
from gate.probes.rpc import blocks
from gate.probes.rpc.logs import Filter, logs
from gate.probes.rpc.provider import Provider
from gate.probes.truth.chain import Chain, Range, filter_of, hashed
from gate.probes.truth.proofs import Answered, by_agreement, by_commitments, demand_agreement, timed
from gate.probes.truth.windows import Window
from gate.probes.unseen import UnseenError


@dataclass(frozen=True, kw_only=True, slots=True)
class Believed:
    """The logs of a window; `kept` means that they come from an earlier run."""

    logs: tuple[LogSeen, ...]
    proof: Proof | Unobserved
    kept: bool = False


async def believed(
    chain: Chain, truth: GroundTruth, span: Range, window: Window, *, anew: bool = False
) -> Believed:
    """The logs of a window and their proof, from the cache or from the chain.

    Only what is bound to the hash of a final block is cached, and that hash is requested every time: if a
    provider once made something up, its hash differs, whoever is asked later.
    """
    wanted = filter_of(truth)
    final = span.final is not None and window.last <= span.final
    cache = chain.world.cache if final else None
    name = ""
    if cache is not None:
        name = await _name(chain, wanted, window, with_hashes=hashed(truth))
        found = None if anew else cache.recall(name)
        if found is not None:
            return Believed(logs=found[0], proof=found[1], kept=True)
    seen, proof = await _proved(chain, wanted, window, with_hashes=hashed(truth))
    if cache is not None and isinstance(proof, Proof) and proof.bound:
        cache.keep(name, seen, proof)
    elif cache is not None and anew:
        cache.drop(name)
    return Believed(logs=seen, proof=proof)


async def _name(chain: Chain, wanted: Filter, window: Window, *, with_hashes: bool) -> str:
    """The cache key of a window: the provider, the request, and the hash that it ends in."""
    first = chain.believable[0]
    end = await blocks.header(first, window.last)
    return evidence.key(
        provider_of(first.address),
        chain.expected.id,
        wanted.addresses,
        wanted.topics,
        window.first,
        end.hash,
        *(("hashed",) if with_hashes else ()),
    )


async def _proved(
    chain: Chain, wanted: Filter, window: Window, *, with_hashes: bool
) -> tuple[tuple[LogSeen, ...], Proof | Unobserved]:
    """Proves by receipts if they prove themselves, else by two providers, whose answers have to agree."""
    answers, faults = await _answers(chain, wanted, window)
    if not answers:
        raise faults[0]
    strangers = _strangers(answers, chain.independent)
    for other in strangers[1:]:
        demand_agreement(strangers[0], other, window)
    agreed = len(strangers) > 1
    if chain.standard:
        for answered in answers:
            try:
                own = answered.provider not in chain.independent
                return await by_commitments(
                    answered, wanted, window, agreed=agreed, own=own, hashed=with_hashes
                )
            except UnseenError as unseen:
                faults.append(unseen)
    if agreed:
        seen, proof = await by_agreement(strangers, window)
        return await timed(strangers[0].provider, seen), proof
    if faults:
        return answers[0].logs, faults[0].unobserved
    return answers[0].logs, Unobserved(
        reason=(
            f"{answers[0].provider} alone says so: chain {chain.expected.id} is not named as one with"
            " standard receipts, and no second independent provider answers"
        ),
        cause=Cause.UNDECIDABLE,
        advice=(
            f"Name a second provider under `chains.{chain.expected.id}.rpc`, or `receipts: standard` there"
            " if the chain's receipts hash to their root"
        ),
    )


async def _answers(chain: Chain, wanted: Filter, window: Window) -> tuple[list[Answered], list[UnseenError]]:
    """The answers of up to two believable providers, and why others failed."""
    answers: list[Answered] = []
    faults: list[UnseenError] = []
    for provider in chain.believable:
        if len(answers) == 2:
            break
        try:
            answers.append(
                Answered(provider=provider, logs=await logs(provider, wanted, window.first, window.last))
            )
        except UnseenError as unseen:
            faults.append(unseen)
    return answers, faults


def _strangers(answers: Sequence[Answered], independent: Sequence[Provider]) -> list[Answered]:
    """The answers of independent providers, one for each source."""
    found = {provider_of(one.provider.address): one for one in answers if one.provider in independent}
    return list(found.values())
