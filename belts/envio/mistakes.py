"""What is wrong with an Envio project: all of it at once, each with its place."""

from belts.reading.mistakes import MistakesError


class ProjectInvalid(MistakesError):
    """An Envio project that cannot be read."""
