"""One provider of one chain: its chain id is checked first, and busy answers are retried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import stamina

from belts.provider.wordings import Meaning, meaning_of
from belts.refusal import Caught
from gate.jsonrpc import quantity, question
from gate.observations.unobserved import Cause
from gate.probes import terms
from gate.probes.http import BrokenOffError
from gate.probes.rpc.exchange import Told, exchange, words_of
from gate.probes.terms import Size
from gate.probes.unseen import BusyError, LargeError, SlowError, UnseenError
from gate.probes.world import World
from gate.redact import beginning
from gate.secret import Address

# A retried fault appears in the finding only if the question is never answered.
stamina.instrumentation.set_on_retry_hooks(())

ATTEMPTS = 6
PATIENCE = 0.7  # of the remaining time, so that a provider that stays busy is still reported as busy

Call = tuple[str, Sequence[object]]


class RefusedError(UnseenError):
    """The provider answered a question with an error object."""

    def __init__(self, address: Address, method: str, code: int | None, message: str) -> None:
        self.meaning = meaning_of(code, message)
        words = f"{address} refuses {method}: {beginning(message, address)} (code {code})"
        cause = {
            Meaning.GONE: Cause.UNSUPPORTED,
            Meaning.UNSUPPORTED: Cause.UNSUPPORTED,
            Meaning.BUSY: Cause.UNREACHABLE,
        }.get(self.meaning, Cause.BAD_ANSWER)
        super().__init__(words, cause)


class BusyRefusedError(RefusedError, BusyError):
    """The provider answered that it is too busy."""


class _BatchError(Caught):
    """A batch failed as a whole; its questions may succeed one by one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """A provider of one chain.

    `attempts` is how often it is asked while it is busy; with `hasty`, a timeout is not retried, because the
    caller can ask for less.
    """

    world: World
    address: Address
    chain: int
    attempts: int = ATTEMPTS
    hasty: bool = False

    def __str__(self) -> str:
        """Scheme and host."""
        return str(self.address)

    @property
    def span(self) -> Size:
        """How many blocks it is asked for logs at once, learned by all callers of this run."""
        return self.world.terms(self.address).span(self.chain)

    async def call(self, method: str, *params: object) -> Any:
        """The result of one question."""
        return (await self.told(method, *params)).document

    async def told(self, method: str, *params: object) -> Told:
        """The result of one question, and the size of the answer."""
        [told] = await self._patiently([(method, params)])
        return told

    async def calls(self, calls: Sequence[Call]) -> list[Any]:
        """The results of several questions, in batches as large as the provider accepts."""
        results: list[Any] = []
        while len(results) < len(calls):
            start = len(results)
            part = calls[start : start + self._batch.now]
            results += [told.document for told in await self._patiently(part)]
        return results

    @property
    def _batch(self) -> Size:
        return self.world.terms(self.address).batch

    async def _patiently(self, calls: Sequence[Call]) -> list[Told]:
        """Retries while the provider is busy, within the deadline, only what it has not answered."""
        found: dict[int, Told] = {}
        async for attempt in stamina.retry_context(
            on=self._again,
            attempts=self.attempts,
            timeout=max(0.1, self.world.remaining * PATIENCE),
            wait_initial=0.2,
            wait_max=min(5.0, self.world.remaining / ATTEMPTS),
            wait_jitter=0.1,
        ):
            with attempt:
                await self._together(calls, [at for at in range(len(calls)) if at not in found], found)
        return [found[at] for at in range(len(calls))]

    def _again(self, error: Exception) -> bool:
        return isinstance(error, BusyError) and not (self.hasty and isinstance(error, SlowError))

    async def _together(self, calls: Sequence[Call], wanted: Sequence[int], found: dict[int, Told]) -> None:
        """Asks several questions at once; a failed batch is split into smaller ones, then single calls."""
        if len(wanted) == 1:
            found[wanted[0]] = await self._single(calls[wanted[0]])
            return
        try:
            singly = await self._as_batch(calls, wanted, found)
        except (_BatchError, BrokenOffError, SlowError, LargeError):
            self._batch.refused(len(wanted))
            start = 0
            while start < len(wanted):
                part = wanted[start : start + self._batch.now]
                await self._together(calls, part, found)
                start += len(part)
            return
        self._batch.held()
        for at in singly:
            found[at] = await self._single(calls[at])

    async def _as_batch(
        self, calls: Sequence[Call], wanted: Sequence[int], found: dict[int, Told]
    ) -> list[int]:
        """One exchange for several questions; returns those that have to be asked singly."""
        questions = [question(at, *calls[at]) for at in wanted]
        try:
            told = await exchange(self.world, self.address, questions, len(questions))
        except BusyError as busy:
            if busy.unobserved.cause is Cause.BAD_ANSWER:  # status 500, which some answer to every batch
                raise _BatchError from None
            raise
        if isinstance(
            told.document, dict
        ):  # one answer for all of them: it supports no batches, or none so large
            self._raise_if_busy(calls[wanted[0]], told.document)
            raise _BatchError
        if not isinstance(told.document, list):
            raise UnseenError(f"{self} answers a batch with something else", Cause.BAD_ANSWER)
        answers: dict[Any, Any] = {one.get("id"): one for one in told.document if isinstance(one, dict)}
        if len(told.document) != len(answers) or not answers.keys() <= set(wanted):
            raise UnseenError(f"{self} answers a batch with other ids than it was asked", Cause.BAD_ANSWER)
        good = {at: answer for at, answer in answers.items() if _is_result(answer)}
        found |= {at: Told(document=answer["result"], size=told.size) for at, answer in good.items()}
        self._answered(len(good))
        for at in answers.keys() - good.keys():
            self._raise_if_busy(calls[at], answers[at])
        return [at for at in wanted if at not in good]

    async def _single(self, call: Call) -> Told:
        told = await exchange(self.world, self.address, question(1, *call), 1)
        document = told.document
        if not isinstance(document, dict) or ("error" not in document and document.get("id") != 1):
            raise UnseenError(f"{self} answers {call[0]} with something else", Cause.BAD_ANSWER)
        if _is_result(document):
            self._answered(1)
            return Told(document=document["result"], size=told.size)
        self._raise_if_busy(call, document)
        raise RefusedError(self.address, call[0], *words_of(document.get("error")))

    def _raise_if_busy(self, call: Call, answer: Mapping[str, Any]) -> None:
        code, message = words_of(answer.get("error"))
        if meaning_of(code, message) is Meaning.BUSY:
            self.world.terms(self.address).budget.busy(0.0, terms.now())
            raise BusyRefusedError(self.address, call[0], code, message)

    def _answered(self, questions: int) -> None:
        self.world.terms(self.address).budget.answered(questions)


def _is_result(answer: Mapping[str, Any]) -> bool:
    return answer.get("error") is None and "result" in answer


async def provider_of(world: World, address: Address, chain: int, attempts: int = ATTEMPTS) -> Provider:
    """The provider behind an address, after checking that it serves this chain."""
    provider = Provider(world=world, address=address, chain=chain, attempts=attempts)
    told = await chain_id(provider)
    if told != chain:
        raise UnseenError(f"{address} is a provider of chain {told}, not of {chain}", Cause.BAD_ANSWER)
    return provider


async def chain_id(provider: Provider) -> int:
    """The chain that a provider says it serves, asked once per run."""
    known = provider.world.terms(provider.address).chain_ids
    url = provider.address.reveal()
    if url not in known:
        known[url] = await provider.world.first(_chain_id, provider.address, provider.attempts)
    return known[url]


async def _chain_id(world: World, address: Address, attempts: int) -> int:
    provider = Provider(world=world, address=address, chain=0, attempts=attempts)
    return number(await provider.call("eth_chainId"), provider, "eth_chainId")


def number(value: object, provider: Provider, what: str) -> int:
    """A quantity in JSON-RPC's format."""
    found = quantity(value)
    if found is not None:
        return found
    said = beginning(str(value), provider.address, most=80)
    raise UnseenError(f"{provider} answers {what} with {said!r}", Cause.BAD_ANSWER)
