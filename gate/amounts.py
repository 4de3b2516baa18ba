"""Formats amounts for people: digits in threes, singular or plural, and the matching verb.

Things that only look like numbers are not amounts: chains, blocks, ports and log indices are names, and stay
as others write them.
"""

VOWELS = frozenset("aeiou")


def amount(number: int, thing: str, one: str = "", many: str = "") -> str:
    """`1 block`, `2,000 blocks`; with two forms of a verb, `1 block is` and `2,000 blocks are`."""
    words = f"{number:,} {thing if number == 1 else plural(thing)}"
    verb = agree(number, one, many)
    return f"{words} {verb}" if verb else words


def agree(number: int, one: str, many: str) -> str:
    """The form of a verb for one, or for none and several."""
    return one if number == 1 else many


def plural(thing: str) -> str:
    """The plural of a noun."""
    if thing.endswith("y") and thing[-2] not in VOWELS:
        return f"{thing[:-1]}ies"
    return f"{thing}es" if thing.endswith(("s", "x", "ch", "sh")) else f"{thing}s"
