"""All bytes that the engine keeps for its clients, whatever they are of: one sum, with an end to it."""


class Kept:
    """The sum, and where it ends."""

    __slots__ = ("bytes", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.bytes = 0

    def count(self, grown: int) -> None:
        """So much more is kept, or less."""
        self.bytes += grown

    @property
    def over(self) -> bool:
        """Whether it is more than may be."""
        return self.bytes > self.most
