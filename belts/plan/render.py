"""A change as text, as JSON, and as Markdown for a pull request."""

import json
from collections.abc import Callable, Mapping

from belts.envio.change.change import Change
from belts.envio.change.rules import MEANS, Class

VERSION = 1


def text(change: Change) -> str:
    """For a terminal."""
    lines = [_headline(change)]
    for each in change.reasons:
        lines.append(f"  {change.of(each).words:<12}  {each.rule.name}: {each.what}")
        lines.append(f"{'':<16}{each.rule.why}")
    return "\n".join([*lines, *(f"now: {line}" for line in _now(change))])


def markdown(change: Change) -> str:
    """For a pull request."""
    lines = [f"**{_headline(change)}**"]
    if change.reasons:
        lines += ["", "| class | rule | what changed | why |", "| --- | --- | --- | --- |"]
        for each in change.reasons:
            row = (change.of(each).words, each.rule.name, f"`{_cell(each.what)}`", _cell(each.rule.why))
            lines.append(f"| {' | '.join(row)} |")
    return "\n".join([*lines, *(line for now in _now(change) for line in ("", now))])


def as_json(change: Change) -> str:
    """For a program."""
    document = {
        "version": VERSION,
        "class": change.kind.words,
        "old": change.old,
        "new": change.new,
        "word": change.word if change.kind is Class.FORWARD_ONLY else None,
        "reasons": [
            {"class": change.of(each).words, "rule": each.rule.name, "what": each.what, "why": each.rule.why}
            for each in change.reasons
        ],
        "unclear": [each.what for each in change.unclear],
    }
    return json.dumps(document, indent=1)


FORMATS: Mapping[str, Callable[[Change], str]] = {"text": text, "json": as_json, "markdown": markdown}


def _headline(change: Change) -> str:
    if change.kind is Class.NOTHING:
        return "nothing changes"
    return f"{change.kind.words}: {MEANS[change.kind]}"


def _now(change: Change) -> list[str]:
    """What an operator does with it."""
    match change.kind:
        case Class.FORWARD_ONLY:
            word = f"`pulumi config set forwardOnly {change.word} --stack BELT`"
            return [f"{word} on a belt that has the old project; for a history by the new code, a fresh belt"]
        case Class.FRESH_BELT:
            return ["bring up a fresh belt with the new project, and move the alias when it has synced"]
        case _:
            return []


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("`", "'")
