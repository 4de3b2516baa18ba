"""A stand-in for a hosting platform: a file that says where it leads, and real commands for it."""

import json
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from belts.spec.alias import CommandAlias
from gate.alias.directory import Directory
from gate.alias.order.elsewhere import Elsewhere
from gate.alias.remote.remote import Remote
from gate.alias.remote.two_commands import TwoCommands
from gate.alias.state import Served, Standing, first

URL = "https://graph.test/v1/graphql"
GRAPHQL = {"blue": "http://127.0.0.1:1/v1/graphql", "green": "http://127.0.0.1:2/v1/graphql"}
SET = """
import pathlib, sys
here = pathlib.Path(sys.argv[1])
with (here / "calls").open("a") as calls:
    calls.write(repr(sys.argv[2:]) + "\\n")
"""
GOOD = "(here / 'upstream').write_text(sys.argv[2])"
GET = "import pathlib, sys\nhere = pathlib.Path(sys.argv[1])\n"
TELL = "print((here / 'upstream').read_text())"

BLUE = first(
    Standing(belt="blue", identity="b" * 64, dial="127.0.0.1:1", heights={1: 100}),
    since="2027-01-02T11:00:00.000+00:00",
    move=1,
    certificate="c",
)
GREEN = BLUE.promoted(
    Standing(belt="green", identity="a" * 64, dial="127.0.0.1:2", heights={1: 200}),
    left={1: 150},
    since="2027-01-02T12:00:00.000+00:00",
    move=2,
    certificate="d",
)


@dataclass(frozen=True, slots=True)
class Platform:
    """One directory of it, beside which lies the folder that remembers the alias."""

    home: Path

    @property
    def local(self) -> Directory:
        return Directory(self.home / "alias", "gateway")

    @property
    def leads(self) -> str:
        return (self.home / "upstream").read_text()

    @property
    def calls(self) -> list[str]:
        """What each `set` was given, the newest last."""
        return (self.home / "calls").read_text().splitlines() if (self.home / "calls").exists() else []

    def lead(self, address: str) -> None:
        """By hand."""
        (self.home / "upstream").write_text(address)

    def alias(self, *, sets: str = GOOD, gets: str = TELL, **changes: Any) -> Remote:
        """The alias there, by commands whose last lines are these."""
        for name, text in (("set.py", SET + sets), ("get.py", GET + gets)):
            (self.home / name).write_text(text)
        variables, stdin = changes.pop("variables", {}), changes.pop("stdin", "")
        program = (sys.executable, "-I", "-S")
        limits = {key: timedelta(seconds=changes.pop(key, 2)) for key in ("set_limit", "get_limit", "arrive")}
        setting = (*program, str(self.home / "set.py"), str(self.home), "{upstream}", "{belt}", "{url}")
        getting = (*program, str(self.home / "get.py"), str(self.home))
        told = CommandAlias(url=URL, **{"setting": setting, "getting": getting, **limits, **changes})
        elsewhere = Elsewhere(alias=told, variables=variables, stdin=stdin, graphql=GRAPHQL)
        return Remote(local=self.local, writer=TwoCommands(elsewhere=elsewhere))

    def serving(self, served: Served = BLUE) -> "Platform":
        """It leads to blue, which was set by us."""
        self.lead("https://legacy.test")
        alias = self.alias()
        with alias.alone():
            alias.swap(served)
        return self

    @property
    def intent(self) -> Any:
        """What is noted of a move under way."""
        text = self.local.kept("intent.json")
        return None if text is None else json.loads(text)
