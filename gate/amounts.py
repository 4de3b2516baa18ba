"""Amounts as people read them: digits in threes, one of a thing in the singular, and the verb that fits.

What only looks like a number is none: chains, blocks, ports and log indices are names, and stay as others
write them.
"""

VOWELS = frozenset("aeiou")


def amount(number: int, thing: str, one: str = "", many: str = "") -> str:
    """`1 block`, `2,000 blocks`; with two forms of a verb, `1 block is` and `2,000 blocks are`."""
    words = f"{number:,} {thing if number == 1 else plural(thing)}"
    verb = agree(number, one, many)
    return f"{words} {verb}" if verb else words


def agree(number: int, one: str, many: str) -> str:
    """What is said of one, or of more and of none."""
    return one if number == 1 else many


def plural(thing: str) -> str:
    """More than one of it."""
    if thing.endswith("y") and thing[-2] not in VOWELS:
        return f"{thing[:-1]}ies"
    return f"{thing}es" if thing.endswith(("s", "x", "ch", "sh")) else f"{thing}s"
