"""What the bench of moves counts: a number that is wrong there would be believed."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hpack import Encoder, NeverIndexedHeaderTuple

from belts.runtimes import caddy
from bench.swap import fixed, http1, http2
from bench.swap.asking import Asking, Connection, Marks
from bench.swap.belt import whole_request
from bench.swap.counting import Answers, Counted, Event, Followed, Move, count, follow
from bench.swap.report import OURS, Listened, Results, Run, judged, render
from bench.swap.throughput import GATEWAY, SERVERS, Throughput
from bench.swap.world import Updates

MOVES = (Move(to="green", began=10.0, ended=11.0), Move(to="blue", began=20.0, ended=21.0))


def counted(*answers: tuple[float, float, str]) -> Counted:
    """What is counted of answers that were sent, got, and given by a belt."""
    noted = Answers(names=("blue", "green"))
    for sent, got, belt in answers:
        noted.note(sent, got, belt)
    return count(noted, MOVES, first="blue")


@pytest.mark.parametrize(
    ("answer", "stale", "late"),
    [
        ((5.0, 5.1, "blue"), 0, 0),
        ((5.0, 5.1, "green"), 1, 1),
        ((10.2, 10.3, "blue"), 0, 0),
        ((10.2, 10.3, "green"), 0, 0),
        ((10.9, 11.2, "blue"), 0, 1),
        ((11.1, 11.2, "blue"), 1, 1),
        ((11.1, 11.2, "green"), 0, 0),
        ((15.0, 20.5, "blue"), 0, 0),
        ((21.1, 21.2, "green"), 1, 1),
    ],
    ids=[
        "before the first move",
        "of a belt that nobody moved to yet",
        "of the old belt while it moves",
        "of the new belt while it moves",
        "asked while it moves and old when it came",
        "asked after and old",
        "asked after and new",
        "came while the next move went there",
        "asked after the last move and old",
    ],
)
def test_an_answer(answer: tuple[float, float, str], stale: int, late: int) -> None:
    """An answer is old by when it was asked for, and by when it came."""
    found = counted(answer)
    assert (found.stale, found.late) == (stale, late)


def test_a_rate() -> None:
    """Answers over the time from the first question to the last answer."""
    assert counted((1.0, 1.5, "blue"), (1.5, 3.0, "blue")).rate == 1.0


def test_nobody_answered() -> None:
    """A load without an answer has no rate, and no answer that is old."""
    found = count(Answers(names=("blue",)), MOVES, first="blue")
    assert (found.answered, found.rate, found.stale) == (0, 0.0, 0)


def on(at: float, who: int, belt: str) -> Event:
    """A subscription that has had its first answer."""
    return Event(at=at, who=who, what="on", detail=belt)


def closed(at: float, who: int, code: str) -> Event:
    """A subscription that was closed."""
    return Event(at=at, who=who, what="closed", detail=code)


def test_subscriptions_that_follow() -> None:
    """Each was closed with 1001 and is on the new belt when the next move begins."""
    events = [on(1, 0, "blue"), on(1, 1, "blue")]
    events += [closed(10.8, 0, "1001"), on(11.5, 0, "green"), closed(10.9, 1, "1001"), on(10.95, 1, "green")]
    found = follow(events, MOVES[:1], subscriptions=2, end=15.0)
    assert (found.sent_away, found.cut, found.stayed, found.lost) == (2, 0, 0, 0)
    assert found.slowest == (0.5,)


def test_subscriptions_that_stay() -> None:
    """Nobody closed them: they are on the belt that was left, and back again by no merit of theirs."""
    events = [on(1, 0, "blue"), on(1, 1, "blue")]
    found = follow(events, MOVES, subscriptions=2, end=25.0)
    assert (found.sent_away, found.stayed, found.lost) == (0, 2, 0)
    assert found.slowest == ()


def test_a_subscription_that_is_cut_and_does_not_come_back() -> None:
    """It counts as cut, its attempts as failed, and at the end it is lost."""
    events = [on(1, 0, "blue"), closed(10.5, 0, "without a word")]
    events += [Event(at=11, who=0, what="failed", detail="OSError")]
    found = follow(events, MOVES[:1], subscriptions=2, end=15.0)
    assert (found.cut, found.failed, found.stayed, found.lost) == (1, 1, 0, 2)


def results(*, stale: int = 0, nothing: float = 2.0, ratio: float = 1.0) -> Results:
    """A run in which all held, but for what is asked for."""
    fine = replace(counted((1.0, 2.0, "blue")), answered=60_000)
    run = Run(moves=MOVES, counted=fine)
    followed = Followed(subscriptions=2, sent_away=4, cut=0, failed=0, stayed=0, lost=0, slowest=(0.5, 0.7))
    listened = Listened(moves=MOVES, followed=followed)
    rates = dict.fromkeys(SERVERS, (95.0, 100.0)) | {GATEWAY: (95.0 * ratio, 100.0 * ratio)}
    return Results(
        requests={
            (OURS, "HTTP/1.1"): replace(run, counted=replace(fine, stale=stale)),
            (OURS, "HTTP/2"): run,
            ("nginx, reload", "HTTP/1.1"): replace(run, counted=replace(fine, failed=7, stale=9)),
            ("HAProxy, runtime API", "HTTP/1.1"): "haproxy is not on this machine",
        },
        listened={OURS: listened, "nginx, reload": "nginx is not on this machine"},
        throughput=(Throughput(protocol="HTTP/1.1", rates=rates),),
        updates=Updates(
            moves=MOVES, requests=(fine, fine), followed=followed, nothing=(nothing,), rollback=(3.0,)
        ),
    )


def unheld(found: Results) -> list[str]:
    """The figures that do not hold."""
    return [figure.name for figure in judged(found) if not figure.held]


def test_all_holds() -> None:
    """What other ways cost is told, and is no failure of ours."""
    assert unheld(results()) == []


def test_one_old_answer() -> None:
    """One is enough."""
    assert unheld(results(stale=1)) == [
        "answers of the old belt that were asked for after a move had returned"
    ]


def test_a_slow_rollback_and_a_slow_gateway() -> None:
    """Each is held against its own limit."""
    [throughput, rollback] = unheld(results(nothing=1.0, ratio=0.9))
    assert throughput.startswith("throughput over HTTP/1.1")
    assert rollback.startswith("a rollback")


def test_what_was_not_measured_does_not_hold() -> None:
    """No figure is good because nobody looked."""
    found = replace(results(), updates="failed: no", throughput="failed: no")
    assert len(unheld(found)) == len(judged(found))


def test_a_way_that_broke_down() -> None:
    """Half of the loads are not all of them."""
    whole = results()
    broken = replace(whole, requests={**whole.requests, (OURS, "HTTP/2"): "failed: no"})
    assert "failed requests" in unheld(broken)


def test_the_table() -> None:
    """Every way has its row, with what it cost, or why it was not measured."""
    text = render(results(), about=["About."], machine=["A machine."])
    assert "| nginx, reload | HTTP/1.1 | 2 | 60,000 | 7 | 9 | 0 | 1.000, 1.000 | 60,000 |" in text
    assert "| HAProxy, runtime API | HTTP/1.1 | haproxy is not on this machine |" in text
    assert "| 1 | 2.00 | 3.00 | 1.50 |" in text


@pytest.mark.parametrize(
    ("seen", "length"),
    [
        (b"GET / HTTP/1.1\r\n", None),
        (b"GET / HTTP/1.1\r\n\r\nGET", 18),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 40),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{", None),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 59),
    ],
)
def test_a_request_is_read_to_its_end(seen: bytes, length: int | None) -> None:
    """The next one begins where it ends."""
    assert whole_request(seen) == length


def test_the_fixed_gateway() -> None:
    """It is the gateway in all but the reading of the alias."""
    found = fixed.same(8080, "127.0.0.1:1", "blue", home=Path("/tmp"))
    text = json.dumps(found)
    assert "{file." not in text
    assert '"vars' not in text
    assert caddy.BELT not in text
    assert caddy.DIAL not in text
    assert '"X-Belt": ["blue"]' in text
    assert '"dial": "127.0.0.1:1"' in text
    assert '"max_size"' in text


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self.written: list[bytes] = []
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """One request."""
        self.written.append(bytes(data))

    def close(self) -> None:
        """No more."""
        self.ended = True

    def abort(self) -> None:
        """No more, at once."""
        self.ended = True


def opened(kind: type[Connection]) -> tuple[Asking, Connection, Wire]:
    """A connection over a wire of ours."""
    marks = Marks(found=[(b'"blue"', "blue"), (b'"green"', "green")])
    asking = Asking(port=1, question=b"{}", marks=marks, answers=Answers(names=("blue", "green")))
    connection, wire = kind(asking), Wire()
    connection.connection_made(wire)
    asking.ended = True  # ask no more than once
    return asking, connection, wire


BODY = b'{"data":{"belt":"green"}}'


@pytest.mark.parametrize("label", [b"green", b"blue"])
def test_http1_an_answer_in_two_parts(label: bytes) -> None:
    """The body tells who answers; a label that says otherwise is counted."""
    asking, connection, _ = opened(http1.Connection)
    whole = b"HTTP/1.1 200 OK\r\nX-Belt: %b\r\nContent-Length: %d\r\n\r\n%b" % (label, len(BODY), BODY)
    connection.data_received(whole[:70])
    assert len(asking.answers.by) == 0
    connection.data_received(whole[70:])
    assert (bytes(asking.answers.by), asking.answers.mislabelled) == (b"\x01", label != b"green")


@pytest.mark.parametrize("kind", [http1.Connection, http2.Connection])
def test_a_connection_closed_under_a_request(kind: type[Connection]) -> None:
    """The request has failed."""
    asking, connection, _ = opened(kind)
    connection.connection_lost(None)
    assert asking.answers.failures == {"closed under a request": 1}


def test_http1_a_refusal() -> None:
    """Another status than 200 is a failure that tells the status."""
    asking, connection, _ = opened(http1.Connection)
    connection.data_received(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    assert asking.answers.failures == {"status 502": 1}


def test_http2_an_answer() -> None:
    """Status, label and body come in frames of their own."""
    asking, connection, _ = opened(http2.Connection)
    block = Encoder().encode([NeverIndexedHeaderTuple("x-belt", "green")])
    head = http2.frame(http2.HEADERS, http2.END_HEADERS, 1, b"\x88" + block)
    connection.data_received(head + http2.frame(http2.DATA, http2.END_STREAM, 1, BODY))
    assert (bytes(asking.answers.by), asking.answers.mislabelled) == (b"\x01", 0)


def test_http2_a_stream_that_was_not_taken() -> None:
    """A server that goes says which streams it has not taken: they are asked elsewhere, and not failed."""
    asking, connection, _ = opened(http2.Connection)
    connection.data_received(http2.frame(http2.GOAWAY, 0, 0, bytes(8)))
    connection.connection_lost(None)
    assert (asking.answers.again, asking.answers.failures) == (1, {})


def test_http2_a_stream_that_was_taken_and_reset() -> None:
    """What the server has begun and not finished is a failure."""
    asking, connection, _ = opened(http2.Connection)
    connection.data_received(http2.frame(http2.RESET, 0, 1, (2).to_bytes(4, "big")))
    assert asking.answers.failures == {"stream reset": 1}
