"""The metrics of a relay: by chain and provider, and never with a URL."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from belts.envio.sources import origin
from belts.provider.routes import Routes, Upstream
from belts.relay.answers import Outcome

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
UPSTREAM = "belts_relay_upstream"


class Counters:
    """The metrics of one process."""

    def __init__(self, routes: Routes) -> None:
        """Set the upstreams and the rate from the start."""
        self._registry = CollectorRegistry()
        labels = ("chain", "provider")
        self._calls = Counter(
            "belts_relay_calls", "Calls, by how they ended", (*labels, "outcome"), registry=self._registry
        )
        self._seconds = Histogram(
            "belts_relay_answer_seconds",
            "How long providers took to answer",
            labels,
            buckets=SECONDS,
            registry=self._registry,
        )
        self._waited = Histogram(
            "belts_relay_wait_seconds",
            "How long questions waited for their turn",
            labels,
            buckets=SECONDS,
            registry=self._registry,
        )
        self.waiting = Gauge(
            "belts_relay_waiting", "Questions that wait for their turn", registry=self._registry
        )
        self._rate = Gauge(
            "belts_relay_rate", "Calls a second that each provider may be asked now", registry=self._registry
        )
        self._retries = Counter(
            "belts_relay_retries", "Questions asked once more", labels, registry=self._registry
        )
        upstream = Gauge(
            UPSTREAM, "1 for each server that is dialled", ("chain", "origin"), registry=self._registry
        )
        for one in routes.upstreams:
            upstream.labels(str(one.chain), origin(one.url)).set(1)
            for outcome in Outcome:
                self._calls.labels(*_who(one), outcome)
        self._rate.set(routes.rate)

    def ended(self, upstream: Upstream, calls: int, outcome: Outcome, seconds: float) -> None:
        """Counts calls with their outcome and duration."""
        self._calls.labels(*_who(upstream), outcome).inc(calls)
        self._seconds.labels(*_who(upstream)).observe(seconds)

    def waited(self, upstream: Upstream, seconds: float) -> None:
        """Records how long a question waited for its turn."""
        self._waited.labels(*_who(upstream)).observe(seconds)

    def again(self, upstream: Upstream) -> None:
        """Counts a repeated question."""
        self._retries.labels(*_who(upstream)).inc()

    def rate(self, now: float) -> None:
        """Sets the present rate per provider."""
        self._rate.set(now)

    @property
    def text(self) -> bytes:
        """All metrics in Prometheus' format."""
        return generate_latest(self._registry)


def _who(upstream: Upstream) -> tuple[str, str]:
    return str(upstream.chain), upstream.provider
