"""Commands for two belts of one host, at the same time."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from belts import files
from belts.files import write_private_json
from belts.runtimes.process import verbs
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.parts.every import PARTS
from belts.runtimes.process.parts.part import Part
from belts.runtimes.process.wire import recorded
from belts.runtimes.process.wire.request import Request, from_json


def asked(root: Path, belt: str, port: int) -> Request:
    return from_json({"version": 1, "part": "postgres", "root": str(root), "belt": belt, "port": port})


class Nothing:
    """A part of which nothing is made."""

    def apply(self, _layout: Layout, _request: Any, /) -> Mapping[str, Any]:
        return {}

    def remove(self, _layout: Layout, /) -> None:
        """There is nothing."""


def test_one_port_for_two_belts(
    tmp_path: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promised to one of them; the other is refused, although nobody listens yet."""

    def slowly(_layout: Layout, _body: Any) -> None:
        time.sleep(0.3)

    part = Part(module=Nothing, check=slowly)
    monkeypatch.setitem(PARTS, "postgres", part)
    port = free_port()
    with ThreadPoolExecutor() as pool:
        done = [pool.submit(verbs.apply, asked(tmp_path, belt, port)) for belt in ("blue", "green")]
    refused = [each.exception() for each in done if each.exception() is not None]

    assert len(refused) == 1
    assert isinstance(refused[0], Refused)
    assert f"port {port} of its postgres is taken" in str(refused[0])
    assert len(recorded.of_host(tmp_path).requests) == 1


def test_a_belt_that_is_removed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was asked of it any more; whoever looks at the host does not fall over it."""
    request = asked(tmp_path, "green", 5432)
    file = request.layout.request("postgres")
    file.parent.mkdir(parents=True)
    write_private_json(file, request.raw)
    read = files.read

    def too_late(path: Path) -> bytes:
        path.unlink(missing_ok=True)
        return read(path)

    assert len(recorded.of_host(tmp_path).requests) == 1
    monkeypatch.setattr(files, "read", too_late)
    assert recorded.of_host(tmp_path).requests == ()
