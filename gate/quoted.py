"""Quotes values in reports so that differences are always visible."""

LONGEST = 60
"""Characters of a value that are shown."""
BEFORE = 20
"""Characters shown before the first difference of values that are too long to show whole."""
NULL = "NULL"


def quoted(text: str | None) -> str:
    """One value in quotes, truncated if long; nothing quoted can be mistaken for NULL."""
    return NULL if text is None else _quote(text, 0)


def pair(one: str | None, other: str | None) -> tuple[str, str]:
    """Two values that differ, truncated so that the first difference is shown."""
    if one is None or other is None:
        return quoted(one), quoted(other)
    first = next(
        (at for at, both in enumerate(zip(one, other, strict=False)) if both[0] != both[1]),
        min(len(one), len(other)),
    )
    whole = max(len(one), len(other)) <= LONGEST or first < LONGEST - BEFORE
    start = 0 if whole else first - BEFORE
    # Letters of two scripts may look alike.
    plain = not (one[first : first + 1] + other[first : first + 1]).isascii()
    return _quote(one, start, plain=plain), _quote(other, start, plain=plain)


def _quote(text: str, start: int, *, plain: bool = False) -> str:
    """A part of a value in quotes; `plain` escapes everything that is not ASCII."""
    part = text[start : start + LONGEST]
    shown = "".join(_character(part, at, plain=plain) for at in range(len(part)))
    return f"{'…' if start else ''}“{shown}”{'…' if start + LONGEST < len(text) else ''}"


def _character(text: str, at: int, *, plain: bool) -> str:
    """A character, escaped if a reader would not see it: blanks at an end or in a row, and controls."""
    character = text[at]
    if character == " ":
        seen = 0 < at < len(text) - 1 and text[at - 1] != " "
        return character if seen else "\\x20"
    if character == "\\" or not character.isprintable() or (plain and not character.isascii()):
        return character.encode("unicode_escape").decode()
    return character
