"""Reading the two files of an operator: every mistake at once, each with its path."""

from belts.mistake import Mistake
from gate.reading.mistakes import MistakesError
from gate.reading.node import Node, Reading
from gate.reading.yaml import document

__all__ = ["Mistake", "MistakesError", "Node", "Reading", "document"]
