"""Prometheus metrics. This is the only module that imports the Prometheus client."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
ACK_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
LATENESS_BUCKETS = (3, 10, 30, 60, 120, 300, 900, 3600)
LATENCY_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)


class Metrics:
    """The metrics of one process. It is also the LaunchDarkly client's `Observer`."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.questions = Counter("insights_questions", "Lines answered", ["name", "outcome"], registry=registry)
        self.acknowledgement = Histogram(
            "insights_acknowledgement_seconds",
            "Time to acknowledge Slack's request",
            buckets=ACK_BUCKETS,
            registry=registry,
        )
        self.answer = Histogram(
            "insights_answer_seconds",
            "Time from line to delivered answer",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.deliveries = Counter("insights_deliveries", "Messages sent to Slack", ["outcome"], registry=registry)
        self.runs = Counter("insights_slots", "Finished runs", ["outcome"], registry=registry)
        self.lateness = Histogram(
            "insights_late_seconds",
            "Time from due to delivered",
            buckets=LATENESS_BUCKETS,
            registry=registry,
        )
        self._requests = Histogram(
            "insights_launchdarkly_seconds", "Requests to LaunchDarkly", buckets=LATENCY_BUCKETS, registry=registry
        )
        self._cache_hits = Counter("insights_remembered", "Answers served from the cache", registry=registry)
        self._rate_limit_remaining = Gauge(
            "insights_launchdarkly_left", "Requests left in LaunchDarkly's rate-limit window", registry=registry
        )

    def request_finished(self, seconds: float) -> None:
        self._requests.observe(seconds)

    def cache_hit(self) -> None:
        self._cache_hits.inc()

    def rate_limit_remaining(self, requests: float) -> None:
        self._rate_limit_remaining.set(requests)

    def run_closed(self, outcome: str, seconds: float) -> None:
        """Count a closed run, *seconds* after it was due."""
        self.runs.labels(outcome).inc()
        if outcome in ("delivered", "quiet"):
            self.lateness.observe(seconds)

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)
