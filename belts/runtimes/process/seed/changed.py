"""Which changes of a belt's project are allowed in place; others are refused, with the next step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from belts.envio.project import EnvioProject
from belts.runtimes.lease import Lease
from belts.runtimes.process import lease_files
from belts.runtimes.process.errors import Unchanged
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.seed import workspace
from belts.spec.indexer import Indexer

if TYPE_CHECKING:
    from belts.envio.change.change import Change
    from belts.envio.change.configs import Heights, Registered

LISTED = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """The belt's present project, and the words of the changes that led to it."""

    digest: str
    kept: object
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """How far a belt has come, and which contracts it has found, according to its database."""

    heights: Heights
    registered: Registered = field(default_factory=dict)


def judged(
    layout: Layout, request: Indexer, known: Known, project: EnvioProject | None, reached: Reached
) -> Change | None:
    """The requested change, if it is allowed in place; None if there is no change.

    If `project` is not passed, it is read from the directory that the request names.
    """
    if request.digest == known.digest:
        _refuse_stray_word(layout, request, known, pending="none")
        return None
    from belts.envio.change import change, kept  # noqa: PLC0415 -- it reads GraphQL, and few changes are of a project
    from belts.envio.change.rules import Class  # noqa: PLC0415

    found = project or workspace.read(request, request.project)
    pending = change.between(
        kept.read(known.kept),
        kept.of(found),
        digests=(known.digest, request.digest),
        heights=reached.heights,
        registered=reached.registered,
    )
    if pending.kind is Class.FRESH_BELT:
        raise _fresh(layout, request, pending)
    if pending.kind is Class.FORWARD_ONLY:
        _refuse_without_word(layout, request, pending)
    else:
        _refuse_stray_word(layout, request, known, pending=f"one that is {pending.kind.words}")
    return pending


def words(belt: str, change: Change, heights: Heights) -> str:
    """Describes an allowed change for a preview."""
    from belts.envio.change.rules import MEANS, Class  # noqa: PLC0415 -- as above

    told = [
        f"{belt}: its Envio project changes: {change.kind.words}: {MEANS[change.kind]}",
        *_reasons(change),
    ]
    if change.kind is Class.FORWARD_ONLY:
        told += [f"rows up to {up_to(heights)} stay as the old code made them, unless a chain undoes them"]
    return "\n".join([told[0], *(f"  {line}" for line in told[1:])])


def up_to(heights: Heights) -> str:
    """Heights as words in a sentence."""
    if isinstance(heights, str):
        return "the heights at which it is carried out"
    return ", ".join(f"block {block} of chain {chain}" for chain, block in sorted(heights.items()))


def _fresh(layout: Layout, request: Indexer, pending: Change) -> Unchanged:
    stack, unclear = layout.belt, bool(pending.unclear)
    return Unchanged(
        f"{stack}: its Envio project changed, and this change needs a fresh belt"
        f"{' (in part it could not be told, so it is taken for the worst)' if unclear else ''}",
        expected="a change that a belt with data can go on from; docs/changes.md lists them",
        seen="\n".join(_reasons(pending)),
        now=f"bring up a fresh belt beside it, under a name and with ports of its own:\n"
        f"  cp Pulumi.{stack}.yaml Pulumi.NEW.yaml\n"
        f"  pulumi stack init NEW && pulumi up --stack NEW\n"
        f"  pulumi config set upstream NEW --stack {_gateway(layout)}\n"
        f"  pulumi up --stack {_gateway(layout)}\n"
        f"To go on with this one, restore the project. Where {stack} neither serves, nor soaks, nor is read,"
        f" all that it holds can be thrown away:\n"
        f"  pulumi config set seed {request.seed + 1} --stack {stack} && pulumi up --stack {stack}",
    )


def _refuse_without_word(layout: Layout, request: Indexer, pending: Change) -> None:
    if request.forward_only == pending.word:
        return
    stack = layout.belt
    raise Unchanged(
        f"{stack}: its handlers' code changed, and the rows that it holds were made by the old code"
        " (class: forward only)",
        expected=f"the operator's word for this change: {pending.word}",
        seen="\n".join(
            [f"the word {request.forward_only}" if request.forward_only else "no word", *_reasons(pending)]
        ),
        now="to go on with the new code, and to leave all rows up to then as they are:\n"
        f"  pulumi config set forwardOnly {pending.word} --stack {stack}\n"
        f"  pulumi up --stack {stack}\n"
        "For a history by the new code, bring up a fresh belt, and move the alias when it has synced",
    )


def _refuse_stray_word(layout: Layout, request: Indexer, known: Known, *, pending: str) -> None:
    """Refuses a word that matches no change: it was meant for another change, or another belt."""
    if not request.forward_only or request.forward_only in known.words:
        return
    raise Unchanged(
        f"{layout.belt}: the word in its config is for another change",
        expected="a word for the change that is pending, or for one that was carried out"
        f" ({', '.join(known.words) or 'none was'})",
        seen=f"{request.forward_only}; the change that is pending: {pending}",
        now=f"`pulumi config rm forwardOnly --stack {layout.belt}`, then run the same again",
    )


def refuse_word_of_nothing(layout: Layout, request: Indexer) -> None:
    """Refuses a word for a belt without data, which has no rows of older code."""
    _refuse_stray_word(
        layout, request, Known(digest="", kept=None, words=()), pending="none, it has yet to be seeded"
    )


def _reasons(pending: Change) -> list[str]:
    """The reasons in words, with the deciding ones first."""
    found = [*pending.deciding, *(each for each in pending.reasons if each not in pending.deciding)]
    told = [f"{each.rule.name}: {each.what}: {each.rule.why} ({pending.of(each).words})" for each in found]
    more = len(told) - LISTED
    return [*told[:LISTED], f"and {more} more"] if more > 0 else told


def _gateway(layout: Layout) -> str:
    """The gateway that leases the belt; a placeholder if there is none."""
    names = [lease.gateway for lease in lease_files.of_belt(layout.home) if isinstance(lease, Lease)]
    return names[0] if names else "gateway"


def of_note(noted: Mapping[str, Any]) -> Known:
    """The project in the note beside the cluster."""
    return Known(digest=noted["digest"], kept=noted.get("project"), words=tuple(map(str, noted["words"])))
