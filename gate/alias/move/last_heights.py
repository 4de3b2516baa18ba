"""A belt that was judged to be dead, looked at once more just before the alias moves away from it."""

from gate.alias.sight import Eyes, UnprovedError
from gate.alias.state import Heights, Served


async def last_heights(eyes: Eyes | None, live: Served) -> Heights:
    """Where the dead belt was seen last; refused where it can be seen again."""
    if eyes is not None:
        try:
            await eyes()
        except UnprovedError:
            return live.serves.heights
        raise UnprovedError(
            f"expected {live.serves.belt} to be as dead as the certificate says; seen: its database answers. "
            f"Now: take `recovery` out of the policy and run `pulumi up` again, judged as always"
        )
    return live.serves.heights
