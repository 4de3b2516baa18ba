"""How an Envio project is read for a stack's settings: its own words become a mistake of the config."""

from pathlib import Path

from belts.spec import Project


def read_project(directory: Path, config: str) -> Project:
    """The Envio project in this directory; `ProjectRefused` where it cannot be read."""
    raise NotImplementedError(directory, config)
