"""Renders the results, and judges which figures hold. Pure."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.swap.counting import Counted, Followed, Move
from bench.swap.throughput import SAME, SERVERS, Throughput
from bench.swap.world import Updates

OURS = "the writer (file read per request)"
LEAST_REQUESTS, LEAST_RATIO, MOST_ROLLBACK = 100_000, 0.95, 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One load of requests over some moves."""

    moves: tuple[Move, ...]
    counted: Counted


@dataclass(frozen=True, kw_only=True, slots=True)
class Listened:
    """Subscriptions over some moves."""

    moves: tuple[Move, ...]
    followed: Followed


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """All results; a text instead of a result says why it could not be measured."""

    requests: Mapping[tuple[str, str], Run | str]
    """By way and protocol."""
    listened: Mapping[str, Listened | str]
    throughput: tuple[Throughput, ...] | str
    updates: Updates | str


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure, and its limit."""

    name: str
    measured: str
    limit: str
    held: bool


def judged(results: Results) -> list[Figure]:
    """The figures with their limits; anything not measured does not hold."""
    runs = [run for (way, _), run in results.requests.items() if way == OURS]
    counts = [run.counted for run in runs if isinstance(run, Run)]
    listened = results.listened[OURS]
    wires = [listened.followed] if isinstance(listened, Listened) else []
    whole = len(counts) == len(runs)
    updates = results.updates if isinstance(results.updates, Updates) else None
    if updates is not None:
        counts += updates.requests
        wires += [updates.followed]
    throughput = () if isinstance(results.throughput, str) else results.throughput
    answered = sum(one.answered for one in counts)
    zeros = {
        "failed requests": sum(one.failed for one in counts),
        "answers of the old belt that were asked for after a move had returned": sum(
            one.stale for one in counts
        ),
        "answers of the old belt that came after a move had returned": sum(one.late for one in counts),
        "answers whose X-Belt is not the belt that gave them": sum(one.mislabelled for one in counts),
        "subscriptions that stayed on the old belt, or were lost": sum(
            one.stayed + one.lost for one in wires
        ),
    }
    measured = whole and updates is not None and len(wires) == 2
    return [
        Figure(
            name="requests while the alias moved, by the writer and by `pulumi up`",
            measured=f"{answered:,}",
            limit=f"≥ {LEAST_REQUESTS:,}",
            held=measured and answered >= LEAST_REQUESTS,
        ),
        *(
            Figure(name=name, measured=f"{number:,}", limit="0", held=measured and number == 0)
            for name, number in zeros.items()
        ),
        *(_throughput(one) for one in throughput or (None,)),
        _rollback(updates),
    ]


def _throughput(one: Throughput | None) -> Figure:
    ratio = one.ratio(SAME) if one else 0.0
    return Figure(
        name=f"throughput over {one.protocol}, to Caddy as it comes with a fixed upstream"
        if one
        else "throughput",
        measured=f"{ratio:.3f}" if one else "not measured",
        limit=f"≥ {LEAST_RATIO}",
        held=ratio >= LEAST_RATIO,
    )


def _rollback(updates: Updates | None) -> Figure:
    if updates is None or not updates.nothing:
        return Figure(name="a rollback", measured="not measured", limit=f"≤ {MOST_ROLLBACK:g}", held=False)
    back, nothing = statistics.median(updates.rollback), statistics.median(updates.nothing)
    return Figure(
        name="a rollback by `pulumi up`, to an update that changes nothing",
        measured=f"{back / nothing:.2f} ({back:.2f} s to {nothing:.2f} s)",
        limit=f"≤ {MOST_ROLLBACK:g}",
        held=back / nothing <= MOST_ROLLBACK,
    )


def render(results: Results, *, about: Sequence[str], machine: Sequence[str]) -> str:
    """The results as Markdown."""
    lines = ["# Moving the alias under load", "", *about, "", *machine, "", "## What has to hold", ""]
    lines += [
        "| figure | measured | limit | held |",
        "| --- | --- | --- | --- |",
        *(
            f"| {one.name} | {one.measured} | {one.limit} | {'yes' if one.held else 'no'} |"
            for one in judged(results)
        ),
        "",
        "## Requests",
        "",
        *WORDS_REQUESTS,
        "",
        *REQUESTS_HEAD,
        *(_requests(way, protocol, run) for (way, protocol), run in results.requests.items()),
        *_update_requests(results.updates),
        "",
        *_reasons(results.requests),
        "## Subscriptions",
        "",
        *WORDS_SUBSCRIPTIONS,
        "",
        *SUBSCRIPTIONS_HEAD,
        *(_listened(way, found) for way, found in results.listened.items()),
        *_update_subscriptions(results.updates),
        "",
        "## Throughput at rest",
        "",
        *_throughputs(results.throughput),
        "",
        "## A rollback beside an update that changes nothing",
        "",
        *_pairs(results.updates),
        "",
    ]
    return "\n".join(lines)


REQUESTS_HEAD = (
    (
        "| way | protocol | moves | requests | failed | old, asked after | old, came after "
        "| a move: median, worst (s) | requests/s |"
    ),
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)
SUBSCRIPTIONS_HEAD = (
    (
        "| way | subscriptions | moves | closed with 1001 | cut otherwise | attempts that failed "
        "| left on the old belt | lost | all back after: median, worst (s) |"
    ),
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)
WORDS_REQUESTS = (
    "*Failed*: no answer with status 200, or none at all, as seen by a client that never asks twice; streams",
    "that an HTTP/2 server has expressly not taken (GOAWAY, REFUSED_STREAM) are asked again and not counted.",
    "*Old*: given by the belt that a move has left, as told by the answer's body; all connections were open",
    "before the first move. *Asked after* the move had returned, or *came after*, whenever it was asked.",
)
WORDS_SUBSCRIPTIONS = (
    "Through the same gateways to two real engines; a client that is closed comes back at once. *Left on the",
    "old belt*: still there when the next move begins, counted once a move. *All back after*: from the",
    "return of a move that all have followed to the last of them.",
)


WORDS_THROUGHPUT = (
    "Requests a second, median (least to most) of rounds in which the servers take turns; ratios are",
    "medians of the rounds' own ratios. The same Caddy and the same belt; wrk over HTTP/1.1, h2load over",
    "HTTP/2. The gateway's Caddy collects its garbage less often than Caddy does as it comes (`GOGC`,",
    "`GOMEMLIMIT`: belts/runtimes/caddy.py). What has to hold is held against Caddy as it comes; the third",
    "line, with a fixed upstream and with those settings too, is what reading the alias costs by itself.",
)


def _requests(way: str, protocol: str, run: Run | str) -> str:
    if isinstance(run, str):
        return f"| {way} | {protocol} | {run} | | | | | | |"
    one = run.counted
    return (
        f"| {way} | {protocol} | {len(run.moves)} | {one.answered:,} | {one.failed:,} | {one.stale:,} |"
        f" {one.late:,} | {_took(run.moves)} | {one.rate:,.0f} |"
    )


def _update_requests(updates: Updates | str) -> list[str]:
    if isinstance(updates, str):
        return [_requests("`pulumi up`", "both", updates)]
    return [
        _requests("`pulumi up`, real engines", protocol, Run(moves=updates.moves, counted=counted))
        for protocol, counted in zip(("HTTP/1.1", "HTTP/2"), updates.requests, strict=True)
    ]


def _listened(way: str, found: Listened | str) -> str:
    if isinstance(found, str):
        return f"| {way} | {found} | | | | | | | |"
    one = found.followed
    back = f"{statistics.median(one.slowest):.2f}, {max(one.slowest):.2f}" if one.slowest else "never"
    return (
        f"| {way} | {one.subscriptions} | {len(found.moves)} | {one.sent_away:,} | {one.cut:,} |"
        f" {one.failed:,} | {one.stayed:,} | {one.lost:,} | {back} |"
    )


def _update_subscriptions(updates: Updates | str) -> list[str]:
    if isinstance(updates, str):
        return [_listened("`pulumi up`", updates)]
    return [_listened("`pulumi up`", Listened(moves=updates.moves, followed=updates.followed))]


def _reasons(requests: Mapping[tuple[str, str], Run | str]) -> list[str]:
    """The reasons why requests failed, if any did."""
    told = [
        f"- {way}, {protocol}: {', '.join(f'{number:,} {why}' for why, number in run.counted.why)}"
        for (way, protocol), run in requests.items()
        if isinstance(run, Run) and run.counted.why
    ]
    return ["How requests failed:", "", *told, ""] if told else []


def _throughputs(found: tuple[Throughput, ...] | str) -> list[str]:
    if isinstance(found, str):
        return [f"Not measured: {found}"]
    return [
        *WORDS_THROUGHPUT,
        "",
        f"| server | {' | '.join(f'{one.protocol} | the gateway to it' for one in found)} |",
        f"| --- |{' --- | --- |' * len(found)}",
        *(f"| {name} | {' | '.join(_carried(one, name) for one in found)} |" for name in SERVERS),
    ]


def _carried(one: Throughput, name: str) -> str:
    return f"{_rates(one.rates[name])} | {one.ratio(name):.3f}"


def _rates(rates: Sequence[float]) -> str:
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"


def _pairs(updates: Updates | str) -> list[str]:
    if isinstance(updates, str):
        return [f"Not measured: {updates}"]
    pairs = zip(updates.nothing, updates.rollback, strict=True)
    return [
        "Wall time of `pulumi up --yes --skip-preview --stack gateway`, one after the other, without load.",
        "",
        "| pair | changes nothing (s) | rolls back (s) | ratio |",
        "| --- | --- | --- | --- |",
        *(
            f"| {number} | {nothing:.2f} | {back:.2f} | {back / nothing:.2f} |"
            for number, (nothing, back) in enumerate(pairs, 1)
        ),
    ]


def _took(moves: Sequence[Move]) -> str:
    took = [move.seconds for move in moves]
    return f"{statistics.median(took):.3f}, {max(took):.3f}" if took else "none"
