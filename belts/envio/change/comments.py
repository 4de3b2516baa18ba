"""Code without its comments and layout, if they can be found without doubt.

In JavaScript, what a slash begins (a division or a regular expression) depends on all the code before it. So
any slash outside of strings and comments is treated as doubtful, and the code counts unchanged.
"""

import re

from belts.refusal import Caught

PLAIN = frozenset({".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"})
"""The suffixes of files with this syntax of comments."""
QUOTES = frozenset({'"', "'"})
LINE_END = re.compile("[\n\r\u2028\u2029]")
AS_IN_HTML = ("<!--", "-->")
"""HTML-like comments of old scripts, which may hide the start of one of ours."""


class _Doubt(Caught):
    """A comment cannot be recognized, or does not end."""


def without_comments(code: str) -> str | None:
    """The code with each run of comments and space as one space or newline; None in doubt."""
    if any(mark in code for mark in AS_IN_HTML):
        return None
    try:
        return "".join(_parts(code)).strip()
    except (_Doubt, IndexError):
        return None


def _parts(code: str) -> list[str]:
    parts: list[str] = []
    braces: list[int] = []
    """The number of open braces in each unfinished `${` of a template."""
    at = 0
    while at < len(code):
        letter, two = code[at], code[at : at + 2]
        end = at + 1
        if letter.isspace() or two in {"//", "/*"}:
            end = _space(code, at)
            # A newline in it may end a statement, so it is kept; which kind of newline does not matter.
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
    """The end of a run of spaces and comments."""
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
    """Skips from inside a template to its end, or to the start of an expression in it."""
    while code[at] != "`":
        if code.startswith("${", at):
            braces.append(0)
            return at + 2
        at += 2 if code[at] == "\\" else 1
    return at + 1
