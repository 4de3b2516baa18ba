"""Counts a difference against a candidate only if something besides the first provider confirms it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from gate.amounts import amount
from gate.observations.truth import LogSeen
from gate.policy.chains import provider_of
from gate.probes.rpc.logs import logs_of_block
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.proof.asking import log_text
from gate.proof.roots import root_of_block
from gate.proof.times import doubt_of
from gate.proof.walk import Witnesses


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """Whether the logs of a block are as the first provider returned them, and by what that is known.

    `logs` are all logs of the block from the confirming source, `wrong` means that the first provider was
    wrong. `untimed` says why the time of the block is unsure, if it matters.
    """

    words: str
    confirmed: bool = False
    wrong: bool = False
    logs: tuple[LogSeen, ...] = ()
    untimed: str = ""

    def confirms(self, *, timed: bool) -> bool:
        """True if a difference counts, be it in a block's time or another one."""
        return self.confirmed and not (timed and self.untimed)

    @property
    def doubts(self) -> str:
        """Why some difference may not count."""
        return self.untimed if self.confirmed else self.words


async def settled(
    witnesses: Witnesses,
    speaker: Provider,
    block: int,
    given: Collection[LogSeen],
    wants: Callable[[LogSeen], bool],
    *,
    hashed: bool,
    made: int | None,
) -> Settled:
    """Checks one provider's logs of a block by its receipts root, or else by a second provider.

    `made` is the block's time according to that provider, if it matters: another one has to agree.
    """
    judged = await _by_logs(witnesses, speaker, block, given, wants, hashed=hashed)
    if made is None or not judged.confirmed:
        return judged
    others = () if witnesses.alone else _strangers(witnesses.providers, speaker)
    hashes = [log.block_hash for log in given]
    untimed = await doubt_of(speaker, others, block, hashes[0] if hashes else "", made)
    return replace(judged, untimed=untimed)


async def _by_logs(
    witnesses: Witnesses,
    speaker: Provider,
    block: int,
    given: Collection[LogSeen],
    wants: Callable[[LogSeen], bool],
    *,
    hashed: bool,
) -> Settled:
    faults: list[str] = []
    if witnesses.standard:
        for provider in (speaker, *(one for one in witnesses.providers if one is not speaker)):
            try:
                logs = await root_of_block(provider, block, hashed=hashed)
            except UnseenError as unseen:
                faults.append(str(unseen))
            else:
                return _judged(speaker, f"the receipts root of block {block}", given, logs, wants)
    for other in () if witnesses.alone else _strangers(witnesses.providers, speaker):
        try:
            logs = await logs_of_block(other, block)
        except UnseenError as unseen:
            faults.append(str(unseen))
        else:
            return _judged(speaker, str(other), given, logs, wants)
    reason = f": {faults[0]}" if faults else ""
    return Settled(
        words=f"{speaker} alone says so; no receipts root and no second provider confirms it{reason}"
    )


def _judged(
    speaker: Provider,
    judge: str,
    given: Collection[LogSeen],
    logs: Sequence[LogSeen],
    wants: Callable[[LogSeen], bool],
) -> Settled:
    told = {log_text(log) for log in logs if wants(log)}
    if told == {log_text(log) for log in given}:
        return Settled(words=f"{speaker} and {judge}", confirmed=True, logs=tuple(logs))
    words = f"{speaker} gives {amount(len(given), 'log')} of a block, {judge} {len(told):,}, or others"
    return Settled(words=words, wrong=True, logs=tuple(logs))


def _strangers(providers: Sequence[Provider], speaker: Provider) -> list[Provider]:
    own = provider_of(speaker.address)
    return [one for one in providers if provider_of(one.address) != own]
