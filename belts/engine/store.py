"""Metadata on disk: one JSON document, replaced whole, readable by its owner alone."""

import json
import logging
import os
import tempfile
from pathlib import Path

from belts.engine import document
from belts.engine.errors import EngineError
from belts.engine.metadata import Metadata

_LOG = logging.getLogger("belts.engine")


class Unreadable(EngineError):
    """The stored metadata cannot be read: nothing is served rather than all of it replaced by nothing."""

    def __init__(self, path: Path, why: Exception) -> None:
        _LOG.error("%s does not hold metadata: %s; put a good one there and start again", path, why)
        super().__init__("the stored metadata cannot be read", code="unexpected")


class Store:
    """Keeps the metadata of one engine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Metadata:
        """What was saved last; nothing where nothing was."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Metadata()
        try:
            return document.read(json.loads(text), "$")
        except (ValueError, EngineError) as error:
            raise Unreadable(self.path, error) from error

    def save(self, metadata: Metadata) -> None:
        """Replaces what was saved, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document.write(metadata), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
