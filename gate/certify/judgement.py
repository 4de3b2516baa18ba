"""The result of judging a change of the alias."""

from dataclasses import dataclass

from gate.outcome import ExitCode


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Whether the change may be made, and the message about it."""

    code: ExitCode
    text: str
