"""Bars a belt that was wrong right after its promotion from the next one."""

from gate.alias.decide import refutation
from gate.alias.store import Store
from gate.alias.unmoved import Unmoved
from gate.ledger import Bar, Ledger


def standing(ledger: Ledger | None, store: Store, identity: str, lift: str | None) -> Bar | None:
    """The bar against this belt; None if there is none, or it is lifted by name.

    A refutation stored beside the alias bars it too: the ledger may not have it yet.
    """
    noted = refutation.noted(store)
    found = [noted.bar] if noted is not None and noted.identity == identity else []
    if ledger is not None and (bar := ledger.bar(identity)) is not None:
        found.append(bar)
    newest = max(found, key=lambda bar: bar.move, default=None)
    return None if newest is None or newest.name == lift else newest


def still_serves(bar: Bar) -> Unmoved:
    """The refusal for a belt that still serves by the very move after which it was seen to be wrong."""
    return Unmoved(
        f"the alias stays where it is, on {bar.belt}, which is wrong",
        expected="a belt that was not seen to be wrong right after it was promoted",
        seen=f"{bar.belt} was, in move {bar.move}, and no belt could take over: {bar.told}",
        now=f"bring up another belt and promote that; or, where {bar.belt} is right after all, "
        f"lift the bar with `pulumi config set lift {bar.name}`",
    )


def refusal(bar: Bar) -> Unmoved:
    """The refusal that a bar results in."""
    return Unmoved(
        "the alias stays where it is",
        expected="a belt that was not seen to be wrong right after it was promoted",
        seen=f"{bar.belt} was, in move {bar.move}: {bar.told}",
        now="find out why, and bring up another belt; or lift the bar with "
        f"`pulumi config set lift {bar.name}`, and promote it anew",
    )
