"""What a process tells of itself in the text of Prometheus, read by the library of Prometheus alone."""

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


def read(text: str) -> tuple[Sample, ...]:
    """All samples in their order; raises `ValueError` where it is no such text."""
    return tuple(sample for family in text_string_to_metric_families(text) for sample in family.samples)


def value(samples: tuple[Sample, ...], name: str) -> float | None:
    """Of the first sample of this name; None where there is none."""
    return next((sample.value for sample in samples if sample.name == name), None)


def by_label(samples: tuple[Sample, ...], label: str, *names: str) -> Iterator[tuple[str, Sample]]:
    """Those with this label, and what it says; of these names, or of any."""
    for sample in samples:
        if label in sample.labels and (not names or sample.name in names):
            yield sample.labels[label], sample
