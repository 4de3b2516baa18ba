"""A belt that was judged to be dead, looked at once more just before the alias moves away from it."""

from gate.alias.sight import IdentityProbe, UnprovedError
from gate.alias.state import Heights, Served


async def last_heights(probe: IdentityProbe | None, live: Served) -> Heights:
    """Where the dead belt was seen last; refused where it can be seen again."""
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
