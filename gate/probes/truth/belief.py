"""The logs of a window, and why they are to be believed."""

from collections.abc import Sequence

from gate import evidence
from gate.observations.truth import LogSeen, Proof
from gate.observations.unobserved import Cause, Unobserved
from gate.policy.chains import provider_of
from gate.policy.groundtruth import GroundTruth
from gate.probes.rpc import blocks
from gate.probes.rpc.logs import Filter, logs
from gate.probes.rpc.provider import Provider
from gate.probes.truth.chain import Chain, Range, filter_of
from gate.probes.truth.proofs import Answered, by_agreement, by_commitments, demand_agreement
from gate.probes.truth.windows import Window
from gate.probes.unseen import UnseenError


async def believed(
    chain: Chain, truth: GroundTruth, span: Range, window: Window
) -> tuple[tuple[LogSeen, ...], Proof | Unobserved]:
    """The logs of a window, and why they are to be believed, from what is kept or from the chain."""
    wanted = filter_of(truth)
    final = span.final is not None and window.last <= span.final
    cache = chain.world.cache if final else None
    first = chain.believable[0]
    name = ""
    if cache is not None:
        end = await blocks.header(first, window.last)
        name = evidence.key(
            chain.expected.id, wanted.address, wanted.topic0, window.first, end.hash, chain.standard
        )
        kept = evidence.recall(cache, name)
        if kept is not None:
            return kept
    seen, proof = await _proved(chain, wanted, window)
    if isinstance(proof, Proof):
        evidence.keep(cache, name, seen, proof)
    return seen, proof


async def _proved(
    chain: Chain, wanted: Filter, window: Window
) -> tuple[tuple[LogSeen, ...], Proof | Unobserved]:
    """Receipts where they prove themselves, else two providers; what both can say has to agree."""
    answers, faults = await _answers(chain, wanted, window)
    if not answers:
        raise faults[0]
    strangers = _strangers(answers, chain.independent)
    for other in strangers[1:]:
        demand_agreement(strangers[0], other, window)
    if chain.standard:
        for answered in answers:
            try:
                return answered.logs, await by_commitments(answered, wanted, window)
            except UnseenError as unseen:
                faults.append(unseen)
    if len(strangers) > 1:
        return strangers[0].logs, by_agreement(strangers, window)
    if faults:
        return answers[0].logs, faults[0].unobserved
    return answers[0].logs, Unobserved(
        reason=(
            f"{answers[0].provider} alone says so: chain {chain.expected.id} is not named as one with"
            " standard receipts, and no second independent provider answers"
        ),
        cause=Cause.UNDECIDABLE,
    )


async def _answers(chain: Chain, wanted: Filter, window: Window) -> tuple[list[Answered], list[UnseenError]]:
    """What up to two believable providers give, and why others gave nothing."""
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
    """The answers of independent providers that do not share a source, one for each source."""
    found = {provider_of(one.provider.address): one for one in answers if one.provider in independent}
    return list(found.values())
