"""Looks once more at a belt that was judged dead, just before the alias leaves it."""

from gate.alias.sight import IdentityProbe, UnprovedError
from gate.alias.state import Heights, Served


async def last_heights(probe: IdentityProbe | None, live: Served) -> Heights:
    """Where the dead belt was seen last; raises if it can be seen again."""
    if probe is not None:
        try:
            await probe()
        except UnprovedError:
            return live.serves.heights
        raise UnprovedError(
            f"{live.serves.belt} is not as dead as the certificate says",
            expected="a database that does not answer",
            seen="its database answers",
            now="take `recovery` out of the policy and run `pulumi up` again, judged as always",
        )
    return live.serves.heights
