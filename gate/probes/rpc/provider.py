"""One provider of one chain: asked for its chain id first, again when it is busy, and never believed half."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import stamina

from gate.observations.unobserved import Cause
from gate.probes.http import post
from gate.probes.rpc.wordings import Meaning, meaning_of
from gate.probes.unseen import BusyError, UnseenError
from gate.probes.world import World
from gate.redact import beginning
from gate.secret import Address

# What is asked again is said in the finding if it never is answered, and nowhere if it is.
stamina.instrumentation.set_on_retry_hooks(())

BATCH = 50  # questions in one exchange; every large provider takes as many
ATTEMPTS = 6
PATIENCE = 0.7  # of the time that is left, so that a provider that stays busy is still named as busy

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
    """The provider answered that it has too much to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """One provider as the provider of one chain."""

    world: World
    address: Address
    chain: int

    def __str__(self) -> str:
        """Scheme and host."""
        return str(self.address)

    async def call(self, method: str, *params: object) -> Any:
        """The result of one question."""
        [result] = await self.calls([(method, params)])
        return result

    async def calls(self, calls: Sequence[Call]) -> list[Any]:
        """The results of several questions, asked in batches where the provider takes them."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH):
            results += await self._patiently(calls[start : start + BATCH])
        return results

    async def _patiently(self, calls: Sequence[Call]) -> list[Any]:
        """Asks again while the provider is busy, within the deadline."""
        async for attempt in stamina.retry_context(
            on=BusyError,
            attempts=ATTEMPTS,
            timeout=max(0.1, self.world.remaining * PATIENCE),
            wait_initial=0.2,
            wait_max=min(5.0, self.world.remaining / ATTEMPTS),
            wait_jitter=0.1,
        ):
            with attempt:
                return await self._together(calls)
        raise UnseenError(f"{self} was not asked", Cause.DEADLINE)

    async def _together(self, calls: Sequence[Call]) -> list[Any]:
        if len(calls) > 1:
            try:
                return await self._batch(calls)
            except RefusedError as refused:
                if refused.meaning is not Meaning.NO_BATCH:
                    raise
        return [await self._single(call) for call in calls]

    async def _batch(self, calls: Sequence[Call]) -> list[Any]:
        questions = [_question(number, *call) for number, call in enumerate(calls)]
        document = (await post(self.world, self.address, questions, {})).json(self.address)
        if isinstance(document, dict):  # one answer for all of them: it takes no batches
            return [await self._single(call) for call in calls]
        if not isinstance(document, list):
            raise UnseenError(f"{self} answers a batch with something else", Cause.BAD_ANSWER)
        answers = {answer.get("id"): answer for answer in document if isinstance(answer, dict)}
        if len(document) != len(calls) or answers.keys() != set(range(len(calls))):
            raise UnseenError(f"{self} answers a batch with other ids than it was asked", Cause.BAD_ANSWER)
        return [self._result(call, answers[number]) for number, call in enumerate(calls)]

    async def _single(self, call: Call) -> Any:
        document = (await post(self.world, self.address, _question(1, *call), {})).json(self.address)
        if not isinstance(document, dict) or ("error" not in document and document.get("id") != 1):
            raise UnseenError(f"{self} answers {call[0]} with something else", Cause.BAD_ANSWER)
        return self._result(call, document)

    def _result(self, call: Call, answer: Mapping[str, Any]) -> Any:
        error = answer.get("error")
        if error is None and "result" in answer:
            return answer["result"]
        code = error.get("code") if isinstance(error, dict) else None
        message = str(error.get("message") or error) if isinstance(error, dict) else str(error or "no result")
        refused = RefusedError(self.address, call[0], code if isinstance(code, int) else None, message)
        if refused.meaning is Meaning.BUSY:
            raise BusyRefusedError(self.address, call[0], code if isinstance(code, int) else None, message)
        raise refused


def _question(number: int, method: str, params: Sequence[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


async def provider_of(world: World, address: Address, chain: int) -> Provider:
    """The provider behind an address, once it has said that it is one of this chain."""
    provider = Provider(world=world, address=address, chain=chain)
    told = await chain_id(provider)
    if told != chain:
        raise UnseenError(f"{address} is a provider of chain {told}, not of {chain}", Cause.BAD_ANSWER)
    return provider


async def chain_id(provider: Provider) -> int:
    """The chain that a provider says it serves."""
    return number(await provider.call("eth_chainId"), provider, "eth_chainId")


def number(value: object, provider: Provider, what: str) -> int:
    """A quantity as JSON-RPC writes it."""
    try:
        if isinstance(value, str) and value.startswith("0x"):
            return int(value, 16)
    except ValueError:
        pass
    said = beginning(str(value), provider.address, most=80)
    raise UnseenError(f"{provider} answers {what} with {said!r}", Cause.BAD_ANSWER)
