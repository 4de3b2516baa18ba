"""Judges something that came differently: how often it counted against the door, and if that is enough.

Rows move while they are looked at, so one wrong answer proves nothing by itself. It does if the database
shows that the rows in question cannot have differed meanwhile: then no number of right answers makes up for
it. Without such proof it is wrong if no look found it right.
"""

from dataclasses import dataclass

LOOKS = 3
PROOF, HALF, NONE = 2, 1, 0
"""What one look proves: everything if nothing can have changed, or half, so that two looks are needed."""
MORE = 5
"""Right answers after which half a proof is dropped: a real fault would have shown again."""


@dataclass(kw_only=True, slots=True)
class Suspect:
    """`stood` counts looks in which it had not moved and came differently, `right` those that matched."""

    stood: int = 0
    right: int = 0
    proof: int = 0

    def otherwise(self, proof: int | None) -> None:
        """Counts a look in which it came differently; `proof` is `None` if it was written in between."""
        if proof is not None:
            self.stood += 1
            self.proof += proof

    @property
    def wrong(self) -> bool:
        """True if it is not what the database holds."""
        return self.proof >= PROOF or (self.stood >= LOOKS and not self.right)

    @property
    def cleared(self) -> bool:
        """True if it matched and nothing contradicts that."""
        return not self.wrong and self.right > (MORE if self.proof else 0)

    @property
    def settled(self) -> bool:
        """True if further looks are pointless; a wrong one is counted a few times for the report."""
        return self.cleared or (self.wrong and self.stood + self.right >= LOOKS)

    @property
    def unseen(self) -> bool:
        """True if no look showed anything, because it moved in all of them."""
        return not (self.stood or self.right)

    @property
    def restless(self) -> bool:
        """True if it is undecided."""
        return not (self.wrong or self.cleared)

    @property
    def often(self) -> str:
        """In how many looks it came differently, if not in all."""
        return f"in {self.stood} of {self.stood + self.right} looks" if self.right else ""
