"""The address that a gateway would dial leads to the belt that was judged."""

from gate.checks.wording import unseen
from gate.claims import Access, Claim, Part
from gate.finding import Point, failed, passed, untold
from gate.observations import Cause, DialSeen, Progress, Unobserved, both
from gate.observations.dial import Sealed

DIAL = Part(
    claim=Claim.DISTINCT,
    name="dial",
    sentence="the address that a gateway dials leads to the candidate",
    needs=frozenset({Access.GRAPHQL}),
    reads=("dial",),
    acceptable=True,
    without="that consumers are sent to the belt that was judged",
)
OWN = "Give as `dial` the host and port at which the candidate's own GraphQL engine answers."


def dialled(seen: DialSeen | Unobserved) -> Point:
    """Identifies the dialled belt by its seal, or else by the heights that it shows."""
    if isinstance(seen, Unobserved):
        return unseen(DIAL, seen, expected=DIAL.sentence)
    if seen.dial is None:
        observed = "consumers are sent to the URL that was looked at, as no other is given"
        return passed(DIAL, expected=DIAL.sentence, observed=observed)
    if seen.dialled is Sealed.FITS:
        return passed(DIAL, expected=DIAL.sentence, observed=f"{seen.dial} answers with the belt's seal")
    if seen.dialled is Sealed.SILENT:
        silent = Unobserved(reason=f"nothing answers at {seen.dial}", cause=Cause.UNREACHABLE)
        return unseen(DIAL, silent, expected=DIAL.sentence)
    if seen.dialled is Sealed.STRANGE or seen.graphql is Sealed.FITS:
        observed = f"{seen.dial} gives {seen.dialled.value}"
        return failed(DIAL, expected=DIAL.sentence, observed=observed, advice=OWN)
    return _by_heights(seen)


def _by_heights(seen: DialSeen) -> Point:
    """Compares heights for a belt without a seal; another belt may happen to show the same ones."""
    looks = both(seen.shown, seen.candidate)
    if isinstance(looks, Unobserved):
        return unseen(DIAL, looks, expected=DIAL.sentence)
    shown, candidate = looks
    if not candidate.holds(shown):
        return failed(
            DIAL,
            expected=DIAL.sentence,
            observed=f"{seen.dial} shows other chains or heights than the candidate",
            advice=OWN,
        )
    if seen.same_address:
        observed = f"{seen.dial} is the candidate's URL, and shows its heights"
        return passed(DIAL, expected=DIAL.sentence, observed=observed)
    return _not_the_serving(seen, shown)


def _not_the_serving(seen: DialSeen, shown: Progress) -> Point:
    if isinstance(seen.serving, Unobserved):
        return unseen(DIAL, seen.serving, expected=DIAL.sentence)
    if seen.serving is not None and seen.serving.holds(shown):
        return untold(
            DIAL,
            expected=DIAL.sentence,
            observed="both belts are at the heights that it shows, so nothing tells which one it is",
            advice=f"Run the gate again, or accept `{DIAL.path}` in the policy.",
        )
    return passed(DIAL, expected=DIAL.sentence, observed=f"{seen.dial} shows the candidate's heights")
