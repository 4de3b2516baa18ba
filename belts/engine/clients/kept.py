"""All bytes that the engine keeps for its clients, of any kind: one sum, with a limit."""


class Kept:
    """The sum and its limit."""

    __slots__ = ("bytes", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.bytes = 0

    def count(self, grown: int) -> None:
        """Adds to the sum, or subtracts."""
        self.bytes += grown

    @property
    def over(self) -> bool:
        """Whether the sum exceeds the limit."""
        return self.bytes > self.most
