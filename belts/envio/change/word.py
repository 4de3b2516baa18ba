"""The word by which an operator names a change of handler code, and no other."""

import hashlib

WORD = r"forward-[0-9a-f]{12}"
"""The format of a word. It begins with letters, so that YAML never reads it as a number."""


def word(before: str, after: str) -> str:
    """The word for the change from one project to another, each by its digest."""
    return f"forward-{hashlib.sha256(f'{before} {after}'.encode()).hexdigest()[:12]}"
