"""Metadata on disk: one JSON document, replaced whole, readable by its owner alone."""

import json
import logging
from pathlib import Path
from uuid import uuid4

from belts.engine.errors import EngineError
from belts.engine.metadata import document
from belts.engine.metadata.tracked import Metadata
from belts.files import make_once, replace

_LOG = logging.getLogger("belts.engine")


class Unreadable(EngineError):
    """The stored metadata cannot be read: then nothing is served, instead of replacing it with nothing."""

    def __init__(self, path: Path, why: Exception) -> None:
        _LOG.error("%s does not hold metadata: %s; put a good one there and start again", path, why)
        super().__init__("the stored metadata cannot be read", code="unexpected")


class Store:
    """Keeps the metadata of one engine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Metadata:
        """The metadata saved last; empty if there is none."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Metadata()
        try:
            return document.read(json.loads(text), "$")
        except (ValueError, EngineError) as error:
            raise Unreadable(self.path, error) from error

    @property
    def identity(self) -> str:
        """This engine's id, which stays as long as its metadata is kept here."""
        file = self.path.with_name(f"{self.path.name}.id")
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            make_once(file, str(uuid4()))
        return file.read_text().strip()

    def save(self, metadata: Metadata) -> None:
        """Replaces the saved metadata, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace(self.path, json.dumps(document.write(metadata), indent=1))
