"""Reading the two files of an operator: every mistake at once, each with its path."""

from gate.reading.mistakes import Mistake, MistakesError
from gate.reading.node import Node, Reading
from gate.reading.yaml import document

__all__ = ["Mistake", "MistakesError", "Node", "Reading", "document"]
