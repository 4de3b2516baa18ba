"""A change of a project: its class, the reasons for it, and the word by which an operator names it."""

from dataclasses import dataclass

from belts.envio.change import code, configs, rules, schemas
from belts.envio.change.configs import NONE, Heights, Registered
from belts.envio.change.kept import Kept
from belts.envio.change.rules import Class, Reason
from belts.envio.change.word import word
from belts.envio.release import Resumes, release_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change from one project to another, each given by its digest."""

    old: str
    new: str
    resumes: Resumes
    reasons: tuple[Reason, ...]

    @property
    def kind(self) -> Class:
        """The class of the whole change: that of its worst part."""
        return max((self.of(reason) for reason in self.reasons), default=Class.NOTHING)

    def of(self, reason: Reason) -> Class:
        """The class of one part."""
        return reason.rule.on(self.resumes)

    @property
    def deciding(self) -> tuple[Reason, ...]:
        """The reasons that determine its class."""
        return tuple(reason for reason in self.reasons if self.of(reason) is self.kind)

    @property
    def unclear(self) -> tuple[Reason, ...]:
        """The parts that could not be judged."""
        return tuple(reason for reason in self.reasons if reason.rule is rules.UNCLEAR)

    @property
    def word(self) -> str:
        """The word by which an operator permits this change and no other."""
        return word(self.old, self.new)


def between(
    old: Kept | str,
    new: Kept,
    *,
    digests: tuple[str, str],
    heights: Heights,
    registered: Registered = NONE,
) -> Change:
    """The change between two projects; a string for the old one says why it is missing."""
    before, after = digests
    if before == after:
        return Change(old=before, new=after, resumes=Resumes.COMPARING, reasons=())
    if isinstance(old, str):
        reasons = (Reason(rule=rules.UNCLEAR, what=old),)
        return Change(old=before, new=after, resumes=Resumes.COMPARING, reasons=reasons)
    found = list(_of_release(old, new))
    found += [*configs.changes(old, new, heights, registered), *schemas.changes(old.schema, new.schema)]
    found += code.changes(old, new)
    # Only possible keys are left out of what is kept, and those do not decide.
    found = found or [Reason(rule=rules.COMMENT, what="nothing that decides: a name, or the path of a URL")]
    known = release_of(old.envio)
    resumes = known.resumes if known else Resumes.COMPARING
    return Change(old=before, new=after, resumes=resumes, reasons=tuple(found))


def _of_release(old: Kept, new: Kept) -> list[Reason]:
    if old.envio != new.envio:
        return [Reason(rule=rules.RELEASE, what=f"Envio {old.envio} → {new.envio}")]
    if release_of(old.envio) is None:
        return [Reason(rule=rules.UNCLEAR, what=f"what Envio {old.envio} does when it resumes is not known")]
    return []
