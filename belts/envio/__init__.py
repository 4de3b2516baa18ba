"""Reads an Envio project: what it indexes, with which code and which version. Reads only; starts nothing."""

from belts.envio.footprint import Contract, Event
from belts.envio.mistakes import Mistake, ProjectInvalid
from belts.envio.project import EnvioProject, read

__all__ = ["Contract", "EnvioProject", "Event", "Mistake", "ProjectInvalid", "read"]
