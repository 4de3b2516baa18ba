"""The kinds of values that a setting can have: how each is read, written, bounded and described.

A field of a spec says once what it is: `port: Annotated[int, Port("where it listens")]`. Settings, requests,
the documentation and the schema of a stack's file are made from that. A field whose kind has no help is
filled in by the program: it stands in requests, and no stack's file can hold it.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, TypeGuard
from urllib.parse import urlsplit

from belts.refusal import Caught
from belts.urls import is_http

MOST = 2**31 - 1
MOST_OID = 2**32 - 1
A_DAY = 86_400
PLACES = 12
AMOUNT = rf"[0-9]{{1,12}}(\.[0-9]{{1,{PLACES}}})?"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
FILLED = r"\{([a-z]+)\}"
"""A word in braces, which stands for what it is filled in with."""
SECRET_VARIABLE = r"[A-Z][A-Z0-9_]*"  # noqa: S105 -- the pattern of a name

Json = Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is wrong with a value, or with what stands in it under the key `at`."""

    expected: str
    got: str | None = None
    at: str = ""


class Unfit(Caught):
    """A value is not of its kind."""

    def __init__(self, *faults: Fault) -> None:
        """Keep all that is wrong with it; where nothing is said, it is what its kind expects."""
        super().__init__("; ".join(fault.expected for fault in faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Where a value stands: under which key, below which directory its paths lie, and whether it is secret.

    Without a directory, as in a request to a host, paths are absolute and what they name is not looked at.
    """

    key: str
    directory: Path | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """What every kind has; `help` is what the operator reads."""

    help: str = ""
    _: KW_ONLY
    key: str = ""
    """How the field is written, where that is not its own name."""
    live: bool = False
    """Whether it may change while the belt serves."""
    top: bool = False
    """Whether it stands at the top of a stack's file, beside the part that it is of."""
    otherwise: str = ""
    """What is read where a stack's file leaves it out."""
    rule: str = ""
    """How a default is called that is no value but a rule, which stands for the stand-in."""
    what: str = ""
    """What a mistake says was expected."""
    called: ClassVar[str] = ""
    suffix: ClassVar[str] = ""
    stand_in: ClassVar[Any] = ""

    @property
    def expected(self) -> str:
        """What a mistake says was expected, for kinds that put it together."""
        return self.what

    @property
    def values(self) -> str:
        """Which values there are, in the documentation."""
        return self.called or re.sub(r"^(an?|the) ", "", self.expected)

    def read(self, value: object, where: Where) -> Any:  # noqa: ARG002 -- some kinds look at where it stands
        """The value, typed, or `Unfit`."""
        return self.typed(value)

    def typed(self, value: object) -> Any:
        """The value as the program has it, or `Unfit`."""
        raise NotImplementedError

    def from_text(self, text: str) -> object:
        """What a text at the top of a stack's file stands for: Pulumi keeps nothing but texts there."""
        return text

    def write(self, value: Any) -> Json:
        """The value as JSON."""
        return value

    def schema(self) -> dict[str, Json]:
        """The JSON Schema of what is written."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number; `true` is none, and neither is a fraction."""

    _: KW_ONLY
    of: str = ""
    least: int = 1
    most: int = MOST
    stand_in: ClassVar[Any] = 0

    @property
    def expected(self) -> str:
        return self.what or (f"a whole number of {self.of}" if self.of else self._bounded("a whole number"))

    @property
    def values(self) -> str:
        bounds = f"{self.least:,} or more" if self.most == MOST else f"{self.least:,} to {self.most:,}"
        return self.called or (f"{self.of}, {bounds}" if self.of else bounds)

    def _bounded(self, what: str) -> str:
        """With its bounds; what no number reaches is none."""
        return (
            f"{what}, {self.least} or more"
            if self.most == MOST
            else f"{what} from {self.least} to {self.most}"
        )

    def typed(self, value: object) -> Any:
        if not _is_whole(value):
            raise Unfit
        if not self.least <= value <= self.most:
            raise Unfit(
                Fault(expected=self._bounded(self.expected) if self.what or self.of else self.expected)
            )
        return value

    def from_text(self, text: str) -> object:
        return int(text) if re.fullmatch("0|[1-9][0-9]{0,9}", text) else text

    def schema(self) -> dict[str, Json]:
        bounds = {"type": "integer", "minimum": self.least, "maximum": self.most}
        return {"anyOf": [bounds, {"type": "string", "pattern": "^[1-9][0-9]{0,9}$"}]} if self.top else bounds


@dataclass(frozen=True, slots=True)
class Port(Whole):
    """A TCP port that an ordinary user may listen on."""

    _: KW_ONLY
    what: str = "a port"
    least: int = 1_024
    most: int = 65_535
    called: ClassVar[str] = "port"


@dataclass(frozen=True, slots=True)
class Version(Kind):
    """The version of a recorded format; a later one is refused in words, not half understood.

    An earlier one is read as far back as what it leaves out has a default that stands for it.
    """

    _: KW_ONLY
    newest: int
    oldest: int = 1
    stand_in: ClassVar[Any] = 0

    @property
    def expected(self) -> str:
        return f"version {self.newest}"

    def typed(self, value: object) -> Any:
        if _is_whole(value) and value > self.newest:
            raise Unfit(Fault(expected=self.expected, got=f"version {value}, which a later release writes"))
        if not _is_whole(value) or value < self.oldest:
            raise Unfit
        return value


@dataclass(frozen=True, slots=True)
class Seconds(Whole):
    """A time span in whole seconds."""

    _: KW_ONLY
    of: str = "seconds"
    most: int = A_DAY
    suffix: ClassVar[str] = "Seconds"
    stand_in: ClassVar[Any] = timedelta()

    def typed(self, value: object) -> Any:
        return timedelta(seconds=Whole.typed(self, value))

    def write(self, value: Any) -> Json:
        return int(value.total_seconds())


@dataclass(frozen=True, slots=True)
class Milliseconds(Whole):
    """A time span in whole milliseconds."""

    stand_in: ClassVar[Any] = timedelta()

    def typed(self, value: object) -> Any:
        return timedelta(milliseconds=Whole.typed(self, value))

    def write(self, value: Any) -> Json:
        return round(value.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Interval(Kind):
    """A time span in seconds, with or without a fraction."""

    _: KW_ONLY
    what: str = "a number of seconds above 0"
    stand_in: ClassVar[Any] = timedelta(seconds=1)

    def typed(self, value: object) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < MOST:
            raise Unfit
        return timedelta(seconds=value)

    def write(self, value: Any) -> Json:
        return value.total_seconds()

    def schema(self) -> dict[str, Json]:
        return {"type": "number", "exclusiveMinimum": 0}


@dataclass(frozen=True, slots=True)
class Amount(Kind):
    """An exact decimal number, 0 or more, of at most twelve places; written as a text, as JSON has floats.

    What YAML and JSON read as a float stands for the shortest decimal that reads as it: what was typed.
    """

    _: KW_ONLY
    of: str = ""
    most: int = 1_000_000
    stand_in: ClassVar[Any] = Decimal(0)

    @property
    def expected(self) -> str:
        return f"a number{f' of {self.of}' if self.of else ''} from 0 to {self.most:,}"

    @property
    def values(self) -> str:
        return f"{self.of}, 0 to {self.most:,}" if self.of else f"0 to {self.most:,}"

    def typed(self, value: object) -> Any:
        if isinstance(value, str) and re.fullmatch(AMOUNT, value):
            found = Decimal(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = Decimal(repr(value))
        else:
            raise Unfit
        try:
            exact = found.is_finite() and round(found, PLACES) == found
        except InvalidOperation:  # more digits than any amount has
            exact = False
        if not exact or found.is_signed() or found > self.most:
            raise Unfit
        return found

    def write(self, value: Any) -> Json:
        return f"{value:f}"

    def schema(self) -> dict[str, Json]:
        number = {"type": "number", "minimum": 0, "maximum": self.most}
        return {"anyOf": [number, {"type": "string", "pattern": f"^{AMOUNT}$"}]}


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """`true` or `false`; no other word."""

    _: KW_ONLY
    what: str = "true or false"
    stand_in: ClassVar[Any] = False

    def typed(self, value: object) -> Any:
        if not isinstance(value, bool):
            raise Unfit
        return value

    def from_text(self, text: str) -> object:
        return {"true": True, "false": False}.get(text, text)

    def schema(self) -> dict[str, Json]:
        either = {"type": "boolean"}
        return {"anyOf": [either, {"enum": ["true", "false"]}]} if self.top else either


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One word of a closed vocabulary."""

    _: KW_ONLY
    words: type[StrEnum]

    @property
    def expected(self) -> str:
        return either([str(word) for word in self.words])

    @property
    def values(self) -> str:
        return either([f"`{word}`" for word in self.words])

    def typed(self, value: object) -> Any:
        if not isinstance(value, str) or value not in tuple(self.words):
            raise Unfit
        return self.words(value)

    def write(self, value: Any) -> Json:
        return str(value)

    def schema(self) -> dict[str, Json]:
        return {"enum": [str(word) for word in self.words]}


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """A text that matches a pattern as a whole."""

    _: KW_ONLY
    what: str = "a text that is not empty"
    pattern: str = r"(?s)\S.*"

    def typed(self, value: object) -> Any:
        if not isinstance(value, str) or re.fullmatch(self.pattern, value) is None:
            raise Unfit
        return value

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Address(Text):
    """An IP address to listen on."""

    _: KW_ONLY
    what: str = "an IP address to listen on"

    def typed(self, value: object) -> Any:
        try:
            return str(ipaddress.ip_address(Text.typed(self, value)))
        except ValueError:
            raise Unfit from None


@dataclass(frozen=True, slots=True)
class Url(Text):
    """The address of an HTTP server, without a user, a query, or anything that could hold a secret."""

    _: KW_ONLY
    what: str = "a URL like http://host:8080"

    def typed(self, value: object) -> Any:
        text: str = Text.typed(self, value)
        if not is_http(text) or re.search(r"[\s?#]", text) or "@" in urlsplit(text).netloc:
            raise Unfit(Fault(expected=f"{self.what}, without user and query", got="one that is not"))
        return text.rstrip("/")


@dataclass(frozen=True, slots=True)
class PathTo(Text):
    """A path; in a stack's file from the project's directory, where what `must` be there is looked for."""

    _: KW_ONLY
    pattern: str = r"(?s)[^\s\0][^\0]*"
    must: str = ""
    of_directory: bool = False
    stand_in: ClassVar[Any] = Path("/")
    called: ClassVar[str] = "path"

    def read(self, value: object, where: Where) -> Any:
        text: str = self.typed(value)
        if where.directory is None:
            if not text.startswith("/") or "\n" in text:
                raise Unfit(Fault(expected="an absolute path"))
            return Path(text)
        path = (where.directory / text).resolve()
        if self.must and not (path.is_dir() if self.of_directory else path.is_file()):
            raise Unfit(Fault(expected=f"the path of {self.must} that exists"))
        return path

    def write(self, value: Any) -> Json:
        return str(value)


@dataclass(frozen=True, slots=True)
class Listed(Kind):
    """A list of texts."""

    _: KW_ONLY
    of: str = "texts that are not empty"
    stand_in: ClassVar[Any] = ()

    @property
    def expected(self) -> str:
        return f"a list of {self.of}"

    def typed(self, value: object) -> Any:
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise Unfit
        return tuple(value)

    def write(self, value: Any) -> Json:
        return list(value)

    def schema(self) -> dict[str, Json]:
        return {"type": "array", "items": {"type": "string", "minLength": 1}}


@dataclass(frozen=True, slots=True)
class Arguments(Listed):
    """A program and its arguments, read by no shell; `words` are filled in where they stand in braces."""

    _: KW_ONLY
    of: str = "a program and its arguments"
    words: tuple[str, ...] = ()
    must: str = ""
    """The word that has to be in it."""

    @property
    def expected(self) -> str:
        filled = either([f"`{{{word}}}`" for word in self.words])
        return f"a list of {self.of}" + (f", in which {filled} is filled in" if self.words else "")

    def typed(self, value: object) -> Any:
        found: tuple[str, ...] = Listed.typed(self, value)
        if not found or any("\0" in each for each in found):
            raise Unfit
        named = {word for each in found for word in re.findall(FILLED, each)}
        if strange := sorted(named - set(self.words)):
            raise Unfit(Fault(expected=self.expected, got=f"`{{{strange[0]}}}`, which nobody fills in"))
        if re.search(FILLED, found[0]):
            raise Unfit(Fault(expected="a program that is named", got="one that is filled in"))
        if self.must and self.must not in named:
            raise Unfit(Fault(expected=f"`{{{self.must}}}` among the arguments", got="none"))
        return found


@dataclass(frozen=True, slots=True)
class Networks(Listed):
    """A list of IP addresses and networks."""

    _: KW_ONLY
    of: str = "IP addresses or networks"

    def typed(self, value: object) -> Any:
        found = Listed.typed(self, value)
        try:
            return tuple(str(ipaddress.ip_network(each)) for each in found)
        except ValueError:
            raise Unfit from None


@dataclass(frozen=True, slots=True)
class Numbers(Kind):
    """Whole numbers that differ from each other, at least one."""

    _: KW_ONLY
    what: str = "a list of whole numbers, not empty, that differ from each other"
    stand_in: ClassVar[Any] = ()

    def typed(self, value: object) -> Any:
        if not isinstance(value, list) or not value or not all(map(_is_whole, value)):
            raise Unfit
        if len(set(value)) != len(value):
            raise Unfit
        return tuple(value)

    def write(self, value: Any) -> Json:
        return list(value)


@dataclass(frozen=True, slots=True)
class Texts(Kind):
    """A map from names, such as those of environment variables, to texts."""

    _: KW_ONLY
    what: str = "a map of settings"
    names: str = VARIABLE
    name: str = "the name of an environment variable"
    text: str = "a text"
    pattern: str = r"(?s).*"
    stand_in: ClassVar[Any] = {}
    called: ClassVar[str] = "map of texts"

    def typed(self, value: object) -> Any:
        if not isinstance(value, Mapping):
            raise Unfit
        strange = [name for name in value if re.fullmatch(self.names, name) is None]
        other = [name for name in value if not self._fits(value[name])]
        if strange or other:
            raise Unfit(
                *(Fault(expected=self.name, got="another name", at=name) for name in strange),
                *(Fault(expected=self.text, at=name) for name in other),
            )
        return value

    def _fits(self, text: object) -> bool:
        return isinstance(text, str) and re.fullmatch(self.pattern, text) is not None

    def write(self, value: Any) -> Json:
        return dict(sorted(value.items()))

    def schema(self) -> dict[str, Json]:
        known = {f"^{self.names}$": {"type": "string"}}
        return {"type": "object", "patternProperties": known, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Secret(Kind):
    """Whether Pulumi keeps a secret under this key; its value is not read here."""

    _: KW_ONLY
    top: bool = True
    stand_in: ClassVar[Any] = False

    @property
    def expected(self) -> str:
        return f"a secret, set with `pulumi config set --secret {self.key}`"

    called: ClassVar[str] = "secret"

    def read(self, value: object, where: Where) -> Any:  # noqa: ARG002 -- what it is, is not looked at
        if not where.secret:
            raise Unfit(Fault(expected=self.expected, got="plain text"))
        return True

    def schema(self) -> dict[str, Json]:
        return {"type": "object", "properties": {"secure": {"type": "string"}}, "required": ["secure"]}


@dataclass(frozen=True, slots=True)
class SecretNames(Texts):
    """The names of environment variables whose values Pulumi keeps as secrets; the values stay unread."""

    _: KW_ONLY
    names: str = SECRET_VARIABLE
    top: bool = True
    stand_in: ClassVar[Any] = ()
    called: ClassVar[str] = "map of secrets"

    def read(self, value: object, where: Where) -> Any:
        how = f"secrets, set with `pulumi config set --secret --path {where.key}.NAME`"
        plain = [] if where.secret else [Fault(expected=how, got="plain text")]
        try:
            names = tuple(sorted(self.typed(value)))
        except Unfit as unfit:
            raise Unfit(*plain, *unfit.faults) from None
        if plain:
            raise Unfit(*plain)
        return names

    def write(self, value: Any) -> Json:
        return list(value)

    def schema(self) -> dict[str, Json]:
        sealed = Secret().schema()
        return {"anyOf": [sealed, {"type": "object", "patternProperties": {f"^{self.names}$": sealed}}]}


@dataclass(frozen=True, slots=True)
class Section(Kind):
    """A map of settings, or a list of such maps: the field's own type says what stands in it."""

    _: KW_ONLY
    what: str = "a map of settings"


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def either(words: list[str]) -> str:
    """The words of a vocabulary, as a sentence names them."""
    return " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} or {words[-1]}"
