"""What of a belt by URL nobody here can see, in words: it is said, and passes for nothing."""

from collections.abc import Iterator

from belts.spec.url_belt import UrlBelt


def of(spec: UrlBelt) -> Iterator[str]:
    """One line for each."""
    if spec.project is None:
        yield (
            "which code made its rows, by which release and from which schema: its stack names no project "
            "(`envio`), so that it is known by its URL and its database"
        )
    else:
        yield "whether its indexer runs the project that its stack names: that is taken at its word"
    if spec.metrics is None:
        yield (
            "the version, the heap and the restarts of its indexer: its stack names no `metrics`, and the "
            "policy has to accept what `runtime` cannot tell"
        )
    if not spec.indexed_from:
        whence = "as its project says" if spec.project else "nobody says"
        yield f"whom its chains are indexed from ({whence}): its stack names none under `indexedFrom`"
    yield "who reads it past the gateway, what it costs, and whether it will be there tomorrow: others run it"
