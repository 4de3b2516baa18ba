"""What came otherwise than it is held: how often it stood against the door, and whether that is enough.

Rows move while they are looked at, so that one wrong answer proves nothing by itself. It does where the
database shows that what was asked about cannot have been otherwise meanwhile: then no number of right answers
makes it good. What cannot be shown so is wrong if it is right in no look.
"""

from dataclasses import dataclass

LOOKS = 3
PROOF, HALF, NONE = 2, 1, 0
"""What one look proves: all of it where nothing can have changed, or so much that two looks do."""
MORE = 5
"""Right answers after which one that is half proved is forgotten: by then it would have come again."""


@dataclass(kw_only=True, slots=True)
class Suspect:
    """`stood` counts looks in which it had not moved and came otherwise, `right` those with what is held."""

    stood: int = 0
    right: int = 0
    proof: int = 0

    def otherwise(self, proof: int | None) -> None:
        """It stood at both ends of a look, and came otherwise; `None` if it was written in between."""
        if proof is not None:
            self.stood += 1
            self.proof += proof

    @property
    def wrong(self) -> bool:
        """Whether it is not what the database holds."""
        return self.proof >= PROOF or (self.stood >= LOOKS and not self.right)

    @property
    def cleared(self) -> bool:
        """Whether it came as held, and nothing speaks against that."""
        return not self.wrong and self.right > (MORE if self.proof else 0)

    @property
    def settled(self) -> bool:
        """Whether more looks would tell nothing more; how often it is wrong is told as well."""
        return self.cleared or (self.wrong and self.stood + self.right >= LOOKS)

    @property
    def unseen(self) -> bool:
        """Whether no look has told anything: it moved in all of them."""
        return not (self.stood or self.right)

    @property
    def restless(self) -> bool:
        """Whether nobody could tell."""
        return not (self.wrong or self.cleared)

    @property
    def often(self) -> str:
        """In how many looks it came otherwise, where it did not in all of them."""
        return f"in {self.stood} of {self.stood + self.right} looks" if self.right else ""
