"""The rules that give a change of a project its class: a column for each way in which releases resume.

An indexer that resumes fetches nothing again: what decides rows below its heights cannot be changed in place,
and the change would not be noticed. Anything that no rule permits needs a fresh belt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from belts.envio.release import Resumes


class Class(IntEnum):
    """What a change permits; the worst part decides the whole."""

    NOTHING = 0
    FREE = 1
    RESUME = 2
    FORWARD_ONLY = 3
    FRESH_BELT = 4

    @property
    def words(self) -> str:
        """The class in words."""
        return self.name.lower().replace("_", " ")


MEANS: Mapping[Class, str] = {
    Class.FREE: "the indexer is restarted and goes on; no row is another than it would have been",
    Class.RESUME: "the indexer goes on, and looks for what is new from the block that the config names",
    Class.FORWARD_ONLY: "the indexer goes on with the new code; rows that it has stay as the old code made"
    " them, so the operator has to name the change",
    Class.FRESH_BELT: "refused on a belt that holds data",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One kind of change: its description, its class for each kind of release, and the reason."""

    name: str
    what: str
    silently: Class
    comparing: Class
    why: str

    def on(self, resumes: Resumes) -> Class:
        """Its class for releases that resume this way."""
        return self.comparing if resumes is Resumes.COMPARING else self.silently


def _rule(name: str, what: str, why: str, silently: Class, comparing: Class | None = None) -> Rule:
    return Rule(name=name, what=what, silently=silently, comparing=comparing or silently, why=why)


FREE, RESUME, FORWARD, FRESH = Class.FREE, Class.RESUME, Class.FORWARD_ONLY, Class.FRESH_BELT

COMMENT = _rule(
    "comment",
    "a comment or the layout, in the config, in the schema (`#`), in handlers",
    "decides nothing",
    FREE,
)
SOURCE = _rule(
    "source",
    "where a chain is read from: `rpc`, `rpc_config`, `hypersync_config`",
    "the same chain, asked elsewhere",
    FREE,
)
DESCRIPTION = _rule(
    "description",
    "`description` of the config",
    "decides nothing; a release that compares refuses it",
    FREE,
    FRESH,
)
DOCUMENTATION = _rule(
    "documentation",
    'a description in the schema (`"""`)',
    "decides no row; a release that compares refuses it",
    FREE,
    FRESH,
)
ORDER = _rule(
    "order",
    "the order of types in the schema, of events or addresses in the config",
    "decides nothing; a release that compares refuses it",
    FREE,
    FRESH,
)
AHEAD = _rule(
    "contract ahead",
    "a contract that is new on a chain, from a block that the belt has not reached there",
    "nothing of it was passed, and handlers meet no log from before that block; a release that compares "
    "refuses it",
    RESUME,
    FRESH,
)
CODE = _rule(
    "handler code",
    "code that handlers are made of, a file beside it or that it leads to, a dependency, `imports` of "
    "`package.json`, `tsconfig.json`",
    "rows that are there were made by the old code, and are not made again",
    FORWARD,
)
HANDLER_PATH = _rule(
    "handler path",
    "the path of a handler or of their directory",
    "other code may be run; a release that compares refuses it",
    FORWARD,
    FRESH,
)
CHAIN_ADDED = _rule("chain added", "a chain more", "an indexer that resumes skips it without a word", FRESH)
CHAIN_REMOVED = _rule("chain removed", "a chain less", "its rows would stay, and stand still", FRESH)
CHAIN = _rule(
    "chain setting",
    "`start_block`, `end_block`, `max_reorg_depth` or another setting of a chain",
    "it is taken from the data, as it was when the belt was seeded, or decides what was passed",
    FRESH,
)
REACHED = _rule(
    "contract reached",
    "a contract that is new on a chain, from a block that the belt has reached there, or without an address",
    "its logs below would be missing",
    FRESH,
)
REMOVED = _rule(
    "contract removed", "a contract less on a chain", "its rows would stay, and stand still", FRESH
)
CONTRACT = _rule(
    "contract setting",
    "addresses, `start_block` or another setting of a contract",
    "logs below would be missing, or stay without their contract",
    FRESH,
)
EVENT = _rule(
    "event",
    "events of a contract, their signatures or fields, its ABI",
    "logs below were read otherwise",
    FRESH,
)
ENTITY = _rule(
    "entity",
    "an entity, an enum, a field, its type, its place or its directives",
    "tables are made when seeding",
    FRESH,
)
SETTING = _rule("setting", "any other setting of the config", "what it decides below is not known", FRESH)
RELEASE = _rule("release", "the version of Envio", "data is tied to the release that wrote it", FRESH)
UNCLEAR = _rule(
    "unclear", "what cannot be told", "what is not known to be harmless is taken for the worst", FRESH
)

RULES = (
    *(COMMENT, SOURCE, DESCRIPTION, DOCUMENTATION, ORDER, AHEAD, CODE, HANDLER_PATH, CHAIN_ADDED),
    *(CHAIN_REMOVED, CHAIN, REACHED, REMOVED, CONTRACT, EVENT, ENTITY, SETTING, RELEASE, UNCLEAR),
)
"""All rules, in the order of the page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One difference, and its rule."""

    rule: Rule
    what: str
