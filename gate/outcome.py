"""How a claim can end, and the exit codes of the process."""

from enum import IntEnum


class Outcome(IntEnum):
    """Outcomes ordered from best to worst, so that the worst of several is their maximum."""

    PASSED = 0
    COULD_NOT_TELL = 1
    FAILED = 2

    @property
    def words(self) -> str:
        """The outcome as a report shows it."""
        return {Outcome.PASSED: "passed", Outcome.COULD_NOT_TELL: "could not tell", Outcome.FAILED: "failed"}[
            self
        ]


class ExitCode(IntEnum):
    """Exit codes that a caller may rely on without reading the report."""

    PASSED = 0
    REFUSED = 1
    USAGE = 2
    COULD_NOT_TELL = 3
