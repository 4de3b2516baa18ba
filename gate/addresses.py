"""Reads values that may hold a key: addresses and secrets, with environment variables filled in."""

from belts.reading.node import Node
from gate.secret import Address, Secret


def address(node: Node, *schemes: str) -> Address:
    """A URL with scheme and host. A wrong value is not shown, as it may hold a key."""
    allowed = schemes or ("http", "https")
    expected = f"a URL that begins with {' or '.join(f'{scheme}://' for scheme in allowed)}"
    if not isinstance(node.value, str):
        node.wrong(expected, f"a {type(node.value).__name__}" if node.given else "nothing")
        return Address(f"{allowed[0]}://invalid.invalid")
    found = Address(node.filled(node.value))
    try:
        usable = found.parts.scheme in allowed and bool(found.parts.hostname) and found.origin
    except ValueError:
        usable = False
    if not usable and "${" not in found.reveal():
        node.wrong(expected, "a text that is not one")
    return found if usable else Address(f"{allowed[0]}://invalid.invalid")


def secret(node: Node) -> Secret:
    """A text that is never shown."""
    if not isinstance(node.value, str) or not node.value.strip():
        node.wrong("a secret", f"a {type(node.value).__name__}" if node.given else "nothing")
        return Secret("")
    return Secret(node.filled(node.value))


def database(node: Node) -> Secret:
    """A database's URL, secret as a whole."""
    return Secret(address(node, "postgres", "postgresql").reveal())
