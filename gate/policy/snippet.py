"""Snippets that an operator pastes into a policy to let something pass; the reason is left to fill in."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import yaml

Snippet = Mapping[str, object]

WAIVED_FOR = timedelta(days=14)
"""How long a pasted waiver is valid, from the run that proposed it: enough for a promotion and its soak."""


class _Dumper(yaml.SafeDumper):
    """Indents the entries of a list, and leaves an empty value empty."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002
        """Indents list entries deeper than their key."""
        super().increase_indent(flow, indentless=False)


_Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


def waiver(kind: str, what: Mapping[str, object], *, at: datetime) -> Snippet:
    """A waiver of one kind, which ends some days after the run."""
    entry = {**what, "reason": None, "expires": (at + WAIVED_FOR).date().isoformat()}
    return {"waivers": {kind: [entry]}}


def acceptance(part: str) -> Snippet:
    """A part that may stay undecided."""
    return {"accept": [{"part": part, "reason": None}]}


def unproved(what: Mapping[str, object]) -> Snippet:
    """Something that need not be proved."""
    return {"unproved": [{**what, "reason": None}]}


def left_to_order(entity: str, columns: Sequence[str]) -> Snippet:
    """Columns of rows that several chains write whose value depends on the order of the chains."""
    return {"entities": {entity: {"acrossChains": {"order": {"columns": [*columns], "reason": None}}}}}


def lines(snippet: Snippet) -> list[str]:
    """A snippet as lines to paste."""
    text: str = yaml.dump(_dated(snippet), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)
    return text.splitlines()


def _dated(value: object) -> object:
    """The value with its dates as dates, because a quoted text is none."""
    if isinstance(value, Mapping):
        return {
            key: date.fromisoformat(str(inner)) if key == "expires" else _dated(inner)
            for key, inner in value.items()
        }
    return [_dated(inner) for inner in value] if isinstance(value, list) else value
