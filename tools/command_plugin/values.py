"""How property values look on the wire: plain JSON, with marked objects for secrets, assets and unknowns."""

from collections.abc import Mapping
from typing import Any, TypeAlias

KEY = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public mark of the protocol
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)

Value: TypeAlias = Any
Properties: TypeAlias = dict[str, Value]


def secret(value: Value) -> Value:
    """The value, marked so that Pulumi encrypts it."""
    return value if is_secret(value) else {KEY: SECRET, "value": value}


def is_secret(value: Value) -> bool:
    """True for a value that is itself marked secret, whatever lies inside it."""
    return isinstance(value, Mapping) and value.get(KEY) == SECRET


def is_marked(value: Value) -> bool:
    """True for an object that stands for something else: a secret, an asset, an archive."""
    return isinstance(value, Mapping) and KEY in value


def holds_secret(value: Value) -> bool:
    """True when the value, or anything in it, is marked secret."""
    if isinstance(value, Mapping):
        return is_secret(value) or any(map(holds_secret, value.values()))
    return isinstance(value, list) and any(map(holds_secret, value))


def is_unknown(value: Value) -> bool:
    """True for a value that Pulumi will know only after something else has been created."""
    return isinstance(value, str) and value in UNKNOWNS


def plain(value: Value) -> Value:
    """The value with every secret's mark taken off, at any depth."""
    if is_secret(value):
        return plain(value.get("value"))
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def without_nulls(properties: Properties) -> Properties:
    """The properties that have a value: a null means that the program left the input out."""
    return {key: value for key, value in properties.items() if value is not None}
