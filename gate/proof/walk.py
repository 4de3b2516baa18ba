"""Walks one chain from its first block to the last final one: what is stored counts, the rest is asked."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from itertools import groupby

from gate.amounts import amount
from gate.observations.history import OpenRange
from gate.observations.truth import LogSeen
from gate.observations.unobserved import Cause
from gate.policy.chains import provider_of
from gate.probes.rpc.blocks import header
from gate.probes.rpc.logs import Page
from gate.probes.rpc.provider import Provider
from gate.probes.unseen import UnseenError
from gate.proof.asking import filters, log_text, told
from gate.proof.decoding import UnreadableError, readers
from gate.proof.footprint import Asked
from gate.proof.forecast import Forecast
from gate.proof.form import row_text, rows
from gate.proof.lineage import Looks, hash_of, last_common
from gate.proof.roots import ContradictedError, demand_root, demand_roots
from gate.proof.said import (
    MOST_BLOCKS,
    MOST_LOGS,
    PIECE_BLOCKS,
    PIECE_LOGS,
    Piece,
    Said,
    add,
    contradicted,
    disjoint,
)
from gate.proof.silence import UnshownError, demand_shown
from gate.proof.spans import Span, gaps
from gate.proof.store import Keeping
from gate.proof.sums import NONE, Sums, sums_of
from gate.proof.times import made_at

SHARE = 50  # one in this many pieces of ranges is requested again
MOST_SKIPPED = 8  # gaps in what a chain's providers hold
AIM_SECONDS = 20.0
"""The time to spend on one range, about: a stopped prover loses no more than that."""
FEW_BLOCKS = 100
"""The size of the first range if each block needs its own commitments, perhaps a request each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Witnesses:
    """The providers that a chain is asked through.

    `alone` means that there are only the belts' own sources: then only receipts roots count. `standard` means
    that the chain has them.
    """

    providers: tuple[Provider, ...]
    alone: bool
    standard: bool

    @property
    def names(self) -> frozenset[str]:
        """The names under which their answers are stored."""
        return frozenset(provider_of(provider.address) for provider in self.providers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Walked:
    """What is known of one chain: the ranges of every event, open ranges, and contradictions."""

    said: Mapping[str, tuple[Said, ...]]
    open: tuple[OpenRange, ...]
    disputes: tuple[str, ...]
    notes: tuple[str, ...]
    again: int
    providers: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class Walk:
    """The walk through one chain. `enough` returns true if there is no time for more."""

    chain: int
    witnesses: Witnesses
    asked: Sequence[Asked]
    height: int
    keeping: Keeping
    forecast: Forecast
    seed: int
    again_at_most: int
    enough: Callable[[], bool] = lambda: False
    _said: dict[str, list[Said]] = field(default_factory=dict)
    _open: list[OpenRange] = field(default_factory=list)
    _disputes: list[str] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)
    _again: int = 0
    _skipped: int = 0
    _given: dict[str, int] = field(default_factory=dict)
    """By provider name, a block of which it has returned a log."""
    _size: int | None = None
    """How many blocks the next range has, adapted to the last one."""
    _early: bool = False
    """Whether blooms were judged before any log was known that shows whether they are meaningful."""

    async def walk(self) -> Walked:
        """Checks what is stored, then asks for what is open, logs that register contracts first."""
        await self._recall()
        await self._ask_again()
        self.forecast.expect(self.chain, sum(gap.blocks for one in self.asked for gap in self._gaps(one)))
        await self._close_all()
        if self._open and self._early and self._given and not self._disputes:
            self._open, self._skipped = [], 0
            await self._close_all()
        await self._ask_others()
        said = {key: tuple(disjoint(records)) for key, records in self._said.items()}
        return Walked(
            said=said,
            open=tuple(self._open),
            disputes=tuple(self._disputes),
            notes=tuple(self._notes),
            again=self._again,
            providers=tuple(sorted({one.provider for records in said.values() for one in records})),
        )

    async def _recall(self) -> None:
        """Loads what is stored and still valid, dropping what is of another chain.

        What ends above the height is left untouched: the provider lags, or a younger chain has the same id.
        One provider's answers about one event are linked, because they are checked whenever more is added.
        Those of another provider, or about an event not asked for since, may be of a previous chain.
        """
        known: dict[str, list[Said]] = {}
        for asked in self.asked:
            kept = self.keeping.read(self.chain, asked.key)
            self._notes += [kept.ignored] if kept.ignored else []
            known[asked.key] = [
                one
                for one in kept.said
                if one.provider in self.witnesses.names
                and (one.rooted or not self.witnesses.alone)
                and one.span.last <= self.height
                and one.span.first >= (asked.start or 0)
            ]
        records = [one for some in known.values() for one in some]
        torn = {one.span.last for one in contradicted(records)}
        looks: Looks = {}
        for asked in self.asked:
            some = known[asked.key]
            gone = [one for one in some if one.span.last in torn]
            for name in sorted({one.provider for one in some}):
                theirs = [one for one in some if one.provider == name and one.span.last not in torn]
                highest = await last_common(self.witnesses.providers, theirs, looks)
                gone += [one for one in theirs if one.span.last > highest]
            if gone:
                first = min(one.span.first for one in gone)
                self._notes.append(
                    f"chain {self.chain}: what was kept from block {first} on is of a fork: proved again"
                )
                self.keeping.drop(self.chain, asked.key, gone)
            self._said[asked.key] = disjoint(one for one in some if one not in gone)

    def _forget(self, asked: Asked, gone: Said) -> None:
        """Drops a range, and everything that its provider has answered about a part of it."""
        said = self.keeping.read(self.chain, asked.key).said
        lost = {one for one in said if one.provider == gone.provider and one.span.meets(gone.span)}
        self.keeping.drop(self.chain, asked.key, lost | {gone})
        self._said[asked.key] = [one for one in self._said[asked.key] if one != gone]

    async def _ask_again(self) -> None:
        """Asks again for a random share of what is stored, which has to be answered as before.

        It is drawn by pieces, each with few logs: a whole range may be most of a chain.
        """
        dice = random.Random(f"{self.seed}/{self.chain}")  # noqa: S311 - no secret
        for asked, one, span, piece in self._drawn(dice):
            if self.enough():
                return
            if one not in self._said[asked.key]:  # another piece of it was answered differently
                continue
            logs: list[LogSeen] = []
            speaker = self._speaker(one)
            try:
                fresh = await self._asked([asked], span, speaker, keep=logs)
                if logs and self.witnesses.standard:
                    await self._demand_a_root(asked, speaker, dice.choice(logs).block, logs)
            except UnseenError as unseen:
                self._notes.append(f"chain {self.chain}: a range could not be asked again: {unseen}")
                continue
            except ContradictedError as contradicted:
                self._disputes.append(str(contradicted))
                self._forget(asked, one)
                continue
            self._again += 1
            now = fresh[asked.key]
            if (now.logs, now.rows) != (piece.logs, piece.rows):
                self._disputes.append(
                    f"{one.provider} gives {amount(now.logs.texts, 'log')} of {asked.source.words} in blocks"
                    f" {span.first} to {span.last} of chain {self.chain}, or others, and gave"
                    f" {piece.logs.texts:,} before"
                )
                self._forget(asked, one)

    def _drawn(self, dice: random.Random, *, full: bool = False) -> list[tuple[Asked, Said, Span, Piece]]:
        """Random pieces of what is stored; with `full`, only those that have logs."""
        known = [
            (asked, one, span, piece)
            for asked in self.asked
            for one in self._said[asked.key]
            for span, piece in one.parts
            if piece.logs.texts or not full
        ]
        return dice.sample(known, min(self.again_at_most, -(-len(known) // SHARE)))

    async def _ask_others(self) -> None:
        """Asks other providers for a random share as well: if two differ, one is wrong."""
        dice = random.Random(f"{self.seed}/{self.chain}/others")  # noqa: S311 - no secret
        for asked, one, span, piece in self._drawn(dice, full=True):
            for other in self.witnesses.providers:
                if provider_of(other.address) != one.provider and not self.enough():
                    await self._compare(asked, one.provider, span, piece, other)

    async def _compare(self, asked: Asked, who: str, span: Span, piece: Piece, other: Provider) -> None:
        """Compares one piece with another provider, whose failure to answer is no contradiction."""
        try:
            found = (await self._asked([asked], span, other, shown=False))[asked.key]
        except (UnseenError, UnreadableError) as fault:
            self._notes.append(f"chain {self.chain}: {other} could not be asked as well: {fault}")
            return
        except ContradictedError as contradicted:
            self._disputes.append(str(contradicted))
            return
        if found.logs != piece.logs:
            self._disputes.append(
                f"of {asked.source.words} in blocks {span.first} to {span.last} of chain"
                f" {self.chain}, {who} gives {amount(piece.logs.texts, 'log')} and {other}"
                f" {found.logs.texts:,}, or others"
            )
        elif found.rows != piece.rows:
            self._disputes.append(
                f"of the blocks {span.first} to {span.last} of chain {self.chain} in which"
                f" {asked.source.words} was emitted, {who} and {other} say otherwise when they were made"
            )

    async def _demand_a_root(
        self, asked: Asked, provider: Provider, block: int, logs: Iterable[LogSeen]
    ) -> None:
        """Requires one block's logs to match its receipts root."""
        contracts = self._contracts(asked, block)
        given = [log for log in logs if log.block == block]
        await demand_root(
            provider,
            await header(provider, block),
            given,
            lambda log: bool(_of(asked, [log], contracts)),
            hashed=asked.hashed,
        )

    def _speaker(self, said: Said) -> Provider:
        return next(one for one in self.witnesses.providers if provider_of(one.address) == said.provider)

    def _gaps(self, asked: Asked) -> list[Span]:
        whole = Span(asked.start or 0, self.height)
        return list(gaps((one.span for one in self._said[asked.key]), whole))

    async def _close_all(self) -> None:
        await self._close([asked for asked in self.asked if asked.registers])
        for alike in _alike([asked for asked in self.asked if not asked.registers]):
            await self._close(alike)

    async def _close(self, asked: Sequence[Asked]) -> None:
        """Asks for everything that is open, from the lowest block up, for all events open there at once."""
        begin = 0
        while True:
            wanted = {
                one.key: gap
                for one in asked
                if (gap := next((gap for gap in self._gaps(one) if gap.last >= begin), None)) is not None
            }
            if not wanted:
                return
            first = max(begin, min(gap.first for gap in wanted.values()))
            here = [one for one in asked if one.key in wanted and wanted[one.key].first <= first]
            ends = [wanted[one.key].last for one in here]
            ends += [gap.first - 1 for gap in wanted.values() if gap.first > first]
            span = Span(first, min(*ends, first + self._blocks - 1))
            if self.enough():
                self._leave(Span(first, self.height), "there was no time for them")
                return
            try:
                begin = await self._range(here, span)
            except UnseenError as unseen:
                self._leave(Span(first, self.height), str(unseen))
                return
            except ContradictedError as contradicted:
                self._disputes.append(str(contradicted))
                self._leave(span, "what was given of them is contradicted")
                begin = span.last + 1
            except UnreadableError as unreadable:
                self._leave(Span(first, self.height), f"a log cannot be read: {unreadable}")
                return

    @property
    def _blocks(self) -> int:
        return min(MOST_BLOCKS, self._size or (FEW_BLOCKS if self.witnesses.alone else MOST_BLOCKS))

    def _learn(self, blocks: int, seconds: float) -> None:
        """Shortens the next range if this one took long, and lengthens it if it did not."""
        if seconds > AIM_SECONDS:
            self._size = max(1, int(blocks * AIM_SECONDS / seconds))
        elif seconds < AIM_SECONDS / 2:
            self._size = 2 * self._blocks

    def _leave(self, span: Span, why: str) -> None:
        """Records a range as open, merging neighbours with the same reason."""
        last = self._open[-1] if self._open else None
        if last is not None and last.reason == why and last.last + 1 == span.first:
            self._open[-1] = OpenRange(first=last.first, last=span.last, reason=why)
        else:
            self._open.append(OpenRange(first=span.first, last=span.last, reason=why))

    async def logs(self, asked: Asked, span: Span, *, shown: bool = True) -> list[LogSeen]:
        """The logs of one event in a range, from the first provider that returns them now."""
        faults: list[UnseenError] = []
        for provider in self.witnesses.providers:
            found: list[LogSeen] = []
            try:
                await self._asked([asked], span, provider, keep=found, shown=shown)
            except UnseenError as unseen:
                faults.append(unseen)
            else:
                return found
        raise faults[0] if faults else UnseenError("nobody can be asked", Cause.NOT_GIVEN)

    def wants(self, asked: Sequence[Asked], log: LogSeen) -> bool:
        """True if a log is of one of the events."""
        return any(
            one.source.takes(log) and _of(one, [log], self._contracts(one, log.block)) for one in asked
        )

    async def _range(self, asked: Sequence[Asked], span: Span) -> int:
        """Stores one range from the first provider that returns it; returns the block after it."""
        faults: list[UnseenError] = []
        for provider in self.witnesses.providers:
            began = self.forecast.clock()
            try:
                found = await self._asked(asked, span, provider, most=MOST_LOGS)
            except UnseenError as unseen:
                faults.append(unseen)
                continue
            for one in asked:
                self._keep(one, found[one.key])
            done = found[asked[0].key].span
            self._learn(done.blocks, self.forecast.clock() - began)
            self.forecast.step(
                self.chain, done.blocks * len(asked), sum(found[one.key].logs.texts for one in asked)
            )
            return done.last + 1
        if not faults:
            raise UnseenError(f"nobody can be asked for chain {self.chain}", Cause.NOT_GIVEN)
        if all(isinstance(fault, UnshownError) for fault in faults):
            self._leave(span, str(faults[0]))
            return span.last + 1
        unable = [fault for fault in faults if fault.unobserved.cause is not Cause.UNSUPPORTED]
        if unable or self._skipped >= MOST_SKIPPED:
            raise (unable or faults)[0]
        self._skipped += 1
        held = await self._first_held(asked, Span(span.first, self.height))
        self._leave(Span(span.first, held - 1), str(faults[0]))
        return held

    def _keep(self, asked: Asked, said: Said) -> None:
        """Stores a range, merged with the one before it if both are small."""
        known = self._said[asked.key]
        before = next((one for one in known if one.span.last == said.span.first - 1), None)
        if before is not None and before.takes(said):
            known.remove(before)
            said = before.plus(said)
        known.append(said)
        self.keeping.add(self.chain, asked.key, said)

    async def _first_held(self, asked: Sequence[Asked], span: Span) -> int:
        """The first block above a gap whose logs are available; the one after the height if there is none."""
        low, high = span.first, span.last + 1  # what is at `low` is gone
        while high - low > 1:
            middle = (low + high) // 2
            if await self._holds(asked, middle):
                high = middle
            else:
                low = middle
        return high

    async def _holds(self, asked: Sequence[Asked], block: int) -> bool:
        for provider in self.witnesses.providers:
            try:
                await self._asked(asked, Span(block, block), provider, shown=False)
            except UnseenError as unseen:
                if unseen.unobserved.cause is not Cause.UNSUPPORTED:
                    raise
            else:
                return True
        return False

    async def _asked(
        self,
        asked: Sequence[Asked],
        span: Span,
        provider: Provider,
        *,
        most: int | None = None,
        shown: bool = True,
        keep: list[LogSeen] | None = None,
    ) -> dict[str, Said]:
        """One provider's answer about a range, for events that one request covers.

        It covers the whole range, or its beginning with `most` logs. The logs are added to `keep`.
        """
        adding = [
            _Adding(asked=one, contracts=self._contracts(one, span.last), first=span.first) for one in asked
        ]

        def wants(log: LogSeen) -> bool:
            return any(_of(one.asked, [log], one.contracts) for one in adding)

        questions = filters([one.source for one in asked], {a for one in adding for a in one.contracts or ()})
        end, count = span.last, 0
        hashed = any(one.hashed for one in asked)
        after = self._hash_before(asked, span)
        nobody = all(one.contracts is not None and not one.contracts for one in adding)
        async with aclosing(told(provider, () if nobody else questions, span)) as pages:
            async for page in pages:
                if self.witnesses.alone:
                    whole = Span(page.first, page.last)
                    given = [log for log in page.logs if wants(log)]
                    after = await demand_roots(
                        provider, questions, whole, given, wants, after=after, hashed=hashed
                    )
                for one in adding:
                    await one.take(provider, page, alone=self.witnesses.alone)
                if keep is not None:
                    keep += [log for log in page.logs if wants(log)]
                count = sum(one.logs.texts for one in adding)
                if count:
                    self._given[provider_of(provider.address)] = max(one.newest for one in adding)
                if most is not None and count >= most:
                    end = page.last
                    break
        if shown and not count and not nobody and not self.witnesses.alone:
            await demand_shown(provider, span, self.seed, lambda: self._busy(provider))
        linked = self.witnesses.alone and not nobody
        ended = after if linked else await hash_of([provider], end)
        name, rooted = provider_of(provider.address), self.witnesses.alone
        whole = Span(span.first, end)
        return {one.asked.key: one.said(whole, ended, name, rooted=rooted) for one in adding}

    async def _busy(self, provider: Provider) -> int | None:
        """A block of which a provider returns a log, if one is known."""
        name = provider_of(provider.address)
        known = [(one, asked) for asked in self.asked for one in self._said[asked.key]]
        kept = [pair for pair in known if pair[0].provider == name and pair[0].logs.texts]
        if name not in self._given and kept:
            said, asked = min(kept, key=lambda pair: pair[0].span.blocks)
            with suppress(UnseenError):  # it may no longer hold it
                await self._asked([asked], said.span, provider, most=1, shown=False)
        self._early = self._early or name not in self._given
        return self._given.get(name)

    def _hash_before(self, asked: Sequence[Asked], span: Span) -> str:
        """The hash of the block before a range if that is known, else empty."""
        known = (one for each in asked for one in self._said[each.key] if one.span.last == span.first - 1)
        return next((one.hash for one in known), "")

    def _contracts(self, asked: Asked, last: int) -> dict[str, int] | None:
        """The contracts whose logs count, each from its block on; `None` for any contract."""
        source = asked.source
        if source.registered_by is None:
            return {source.address: 0} if source.address else None
        found: dict[str, int] = {}
        for block, address in self._children(asked):
            if block <= last:
                found[address] = min(block, found.get(address, block))
        return found

    def _children(self, asked: Asked) -> Iterator[tuple[int, str]]:
        by = asked.source.registered_by
        for one in self.asked:
            if by is not None and one.registers == by.argument and one.source.address == by.contract:
                for said in self._said[one.key] if one.source.event == by.event else ():
                    yield from said.children


def _of(asked: Asked, logs: Iterable[LogSeen], contracts: Mapping[str, int] | None) -> list[LogSeen]:
    """The logs of one event, of contracts that count at their blocks."""
    return [
        log
        for log in logs
        if asked.source.takes(log)
        and (contracts is None or log.block >= contracts.get(log.address, log.block + 1))
    ]


def _alike(asked: Sequence[Asked]) -> list[list[Asked]]:
    """Groups events that one request can cover: of named contracts, of registered ones, and of any."""
    groups: dict[object, list[Asked]] = {}
    for one in asked:
        source = one.source
        kind = "any" if source.registered_by is None and not source.address else source.registered_by is None
        groups.setdefault(kind, []).append(one)
    return list(groups.values())


@dataclass(kw_only=True, slots=True)
class _Adding:
    """The sums of one event, page by page."""

    asked: Asked
    contracts: Mapping[str, int] | None
    first: int
    logs: Sums = NONE
    rows: Sums = NONE
    newest: int = -1
    children: list[tuple[int, str]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    async def take(self, provider: Provider, page: Page, *, alone: bool) -> None:
        """Adds a page's logs of this event, piece by piece."""
        logs = _of(self.asked, page.logs, self.contracts)
        form = self.asked.form
        timed = logs and form is not None and form.timed
        made = await made_at(provider, logs, alone=alone) if timed else {}
        formed = rows(form) if logs and form is not None else None
        for last, part in cut(Span(page.first, page.last), logs):
            given = sums_of(map(log_text, part))
            called = sums_of(map(row_text, formed(part, made))) if formed is not None and part else NONE
            self.logs, self.rows = self.logs.plus(given), self.rows.plus(called)
            add(self.pieces, self.first, Piece(last, given, called))
        if logs:
            self.newest = logs[-1].block
            self.children += registered(self.asked, logs) if form is None else ()

    def said(self, span: Span, ended: str, name: str, *, rooted: bool) -> Said:
        """The record of a range."""
        return Said(
            span=span,
            hash=ended,
            logs=self.logs,
            rows=self.rows,
            provider=name,
            rooted=rooted,
            children=tuple(self.children),
            pieces=tuple(self.pieces),
        )


def cut(span: Span, logs: Iterable[LogSeen]) -> Iterator[tuple[int, list[LogSeen]]]:
    """The logs of a range in pieces of whole blocks, each with its last block."""
    first, held = span.first, list[LogSeen]()
    for block, group in groupby(logs, key=lambda log: log.block):
        theirs = list(group)
        while block - first >= PIECE_BLOCKS:
            first, done, held = first + PIECE_BLOCKS, held, []
            yield first - 1, done
        if held and len(held) + len(theirs) > PIECE_LOGS:
            first, done, held = block, held, []
            yield first - 1, done
        held += theirs
    while span.last - first >= PIECE_BLOCKS:
        first, done, held = first + PIECE_BLOCKS, held, []
        yield first - 1, done
    yield span.last, held


def registered(asked: Asked, logs: Iterable[LogSeen]) -> list[tuple[int, str]]:
    """The contracts that some logs register, each with its block."""
    read = readers(asked.source.event, {asked.registers})[asked.registers]
    return [(log.block, str(read(log, bytes.fromhex(log.data[2:])))) for log in logs]
