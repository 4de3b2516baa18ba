"""Code without its comments and its layout, where that can be had without doubt.

JavaScript does not say what a slash begins unless the whole of it is understood: a division or a regular
expression. So the first one outside of texts and comments ends the matter, and the code counts as it stands.
"""

import re

from belts.refusal import Caught

PLAIN = frozenset({".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"})
"""Where comments are written like this."""
QUOTES = frozenset({'"', "'"})
LINE_END = re.compile("[\n\r\u2028\u2029]")
AS_IN_HTML = ("<!--", "-->")
"""Comments of old scripts, which hide what would begin one of ours."""


class _Doubt(Caught):
    """What stands there cannot be told apart from a comment, or is none that ends."""


def without_comments(code: str) -> str | None:
    """The code with each comment and stretch of space as one space, or one line's end; `None` in doubt."""
    if any(mark in code for mark in AS_IN_HTML):
        return None
    try:
        return "".join(_parts(code)).strip()
    except (_Doubt, IndexError):
        return None


def _parts(code: str) -> list[str]:
    parts: list[str] = []
    braces: list[int] = []
    """How many braces are open in each `${` of a template that is itself not at its end."""
    at = 0
    while at < len(code):
        letter, two = code[at], code[at : at + 2]
        end = at + 1
        if letter.isspace() or two in {"//", "/*"}:
            end = _space(code, at)
            # A line's end within it may end a statement, so it is kept; which one does not matter.
            parts.append("\n" if LINE_END.search(code, at, end) else " ")
            at = end
            continue
        if letter == "/":
            raise _Doubt
        if letter in QUOTES:
            end = _text(code, at)
        elif letter == "`":
            end = _template(code, at + 1, braces)
        elif letter == "{" and braces:
            braces[-1] += 1
        elif letter == "}" and braces and braces[-1] == 0:
            braces.pop()
            end = _template(code, at + 1, braces)
        elif letter == "}" and braces:
            braces[-1] -= 1
        parts.append(code[at:end])
        at = end
    if braces:
        raise _Doubt
    return parts


def _space(code: str, at: int) -> int:
    """Where a stretch of spaces and comments ends."""
    while at < len(code):
        if code[at].isspace():
            at += 1
        elif code.startswith("//", at):
            found = LINE_END.search(code, at)
            at = found.start() if found else len(code)
        elif code.startswith("/*", at):
            end = code.find("*/", at + 2)
            if end < 0:
                raise _Doubt
            at = end + 2
        else:
            break
    return at


def _text(code: str, at: int) -> int:
    quote, at = code[at], at + 1
    while code[at] != quote:
        if code[at] in "\n\r":
            raise _Doubt
        at += 2 if code[at] == "\\" else 1
    return at + 1


def _template(code: str, at: int, braces: list[int]) -> int:
    """From within a template to its end, or to where an expression begins in it."""
    while code[at] != "`":
        if code.startswith("${", at):
            braces.append(0)
            return at + 2
        at += 2 if code[at] == "\\" else 1
    return at + 1
