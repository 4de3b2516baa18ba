"""Reads an Envio project: what it indexes, with which code and which version. Starts nothing."""

from importlib import import_module
from pathlib import Path

from belts.envio.footprint import Contract, Event
from belts.envio.mistakes import ProjectInvalid
from belts.envio.project import EnvioProject
from belts.reading.mistakes import Mistake

__all__ = ["Contract", "EnvioProject", "Event", "Mistake", "ProjectInvalid", "read"]


def read(project: Path, config: str) -> EnvioProject:
    """The project in this directory under this config; raises `ProjectInvalid` with every mistake in it.

    The reader is imported only when needed, so that the gateway's moves do not wait for it.
    """
    found: EnvioProject = import_module("belts.envio.reader").read(project, config)
    return found
