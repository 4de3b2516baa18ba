"""However the two commands behave, what `get` tells decides; where it does not, nothing more is tried."""

from pathlib import Path
from typing import Any

import pytest

from gate.alias.remote.remote import remembered
from gate.alias.store import AliasDamaged, AliasRefused, AliasUntold, Unset
from tests.unit.gate.alias.remote.platform import BLUE, GOOD, GRAPHQL, GREEN, TELL, URL, Platform

HUSH = "hush-4711-of-the-platform"


def cases(known: dict[str, str]) -> list[Any]:
    """The first of them in every run, the others in a deep one."""
    return [
        pytest.param(text, id=name, marks=[pytest.mark.deep] if number else [])
        for number, (name, text) in enumerate(known.items())
    ]


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path).serving()


def test_a_move(platform: Platform) -> None:
    """It is set once, with each word in an argument of its own, and the record follows."""
    alias = platform.alias()
    with alias.alone():
        alias.swap(GREEN)
    assert platform.calls[-1] == repr([GRAPHQL["green"], "green", URL])
    assert len(platform.calls) == 2
    assert (platform.leads, alias.read(), alias.record()) == (GRAPHQL["green"], GREEN, GREEN)
    assert platform.intent is None
    assert alias.names() == {"green"}


@pytest.mark.deep
def test_an_address_of_its_own(platform: Platform) -> None:
    """As the alias names the belt, whatever its GraphQL URL is."""
    alias = platform.alias(addresses={"green": "green.internal:8080"})
    alias.swap(GREEN)
    assert platform.leads == "green.internal:8080"
    assert platform.alias().read() == GREEN, "where it was set is remembered"


@pytest.mark.deep
def test_it_leads_there_already(platform: Platform) -> None:
    """Nothing is set."""
    platform.lead(GRAPHQL["green"])
    platform.alias(sets="raise SystemExit('never')").swap(GREEN)
    assert len(platform.calls) == 1
    assert platform.alias().read() == GREEN


LYING = {
    "lies: it succeeds, and nothing changes": "",
    "fails before it changes anything": "raise SystemExit(1)",
    "hangs": "import time; time.sleep(600)",
}


@pytest.mark.parametrize("sets", cases(LYING))
def test_a_set_after_which_it_is_as_before(platform: Platform, sets: str) -> None:
    """The move failed; what was there was asked for once more, and nothing of it is left to be done."""
    alias = platform.alias(sets=sets, set_limit=1, arrive=1)
    with pytest.raises(Unset, match="the alias stays where it is"):
        alias.swap(GREEN)
    assert [call.split("'")[3] for call in platform.calls] == ["blue", "green", "blue"]
    assert (alias.read(), alias.record(), platform.intent) == (BLUE, BLUE, None)


HALF = {
    "half works: it changes, and fails": f"{GOOD}; raise SystemExit(1)",
    "changes, and hangs": f"{GOOD}; import time; time.sleep(600)",
    "changes, and floods": f"{GOOD}; print('x' * 1_000_000)",
    "changes late": (
        "import subprocess\n"
        "subprocess.Popen([sys.executable, '-c', 'import pathlib, sys, time; time.sleep(0.7);"
        " pathlib.Path(sys.argv[1]).write_text(sys.argv[2])', str(here / 'upstream'), sys.argv[2]],"
        " start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    ),
}


@pytest.mark.parametrize("sets", cases(HALF))
def test_a_set_after_which_it_leads_there(platform: Platform, sets: str) -> None:
    """The move is made, whatever the command says of itself."""
    alias = platform.alias(sets=sets, set_limit=1, arrive=10)
    alias.swap(GREEN)
    assert (platform.leads, alias.read(), platform.intent) == (GRAPHQL["green"], GREEN, None)


@pytest.mark.deep
def test_children_that_hang_on(platform: Platform) -> None:
    """What a `set` leaves in its group holds nobody up, and is ended with it."""
    fork = "import os, time\nif os.fork() == 0:\n    time.sleep(600)\n    (here / 'late').touch()\n" + GOOD
    platform.alias(sets=fork, set_limit=60).swap(GREEN)
    assert platform.leads == GRAPHQL["green"]


UNTOLD = {
    "fails": "raise SystemExit(7)",
    "hangs": "import time; time.sleep(600)",
    "floods": "print('x' * 1_000_000)",
    "is no text": "sys.stdout.buffer.write(bytes([255, 254]))",
    "tells of a third": "print('http://third.test')",
    "tells nothing": "pass",
    "tells nonsense": "print('two words')",
}
AFTER = "\nif '{green}' in (here / 'calls').read_text():\n    {gets}\nelse:\n    {tell}"


@pytest.mark.parametrize("gets", cases(UNTOLD))
def test_a_get_that_answers_neither(platform: Platform, gets: str) -> None:
    """Nothing further is tried: the note stays, and every look could not tell until `get` does again."""
    once = AFTER.format(green=GRAPHQL["green"], gets=gets, tell=TELL)
    alias = platform.alias(gets=once, get_limit=1, arrive=1)
    with pytest.raises(AliasUntold, match="nothing further is tried"):
        alias.swap(GREEN)
    assert len(platform.calls) == 2, "it was not set once more"
    assert platform.intent is not None
    assert alias.record() == BLUE
    assert alias.names() == {"blue", "green"}
    with pytest.raises(AliasUntold):
        alias.read()
    with pytest.raises(AliasUntold), alias.alone():
        raise AssertionError
    assert len(platform.calls) == 2

    mended = platform.alias()
    assert mended.read() == GREEN
    with mended.alone():
        assert (mended.record(), platform.intent) == (GREEN, None)


@pytest.mark.deep
def test_a_move_that_was_cut_off_before_set(platform: Platform) -> None:
    """By `get` it was not made, and whoever comes next goes on from there."""
    once = AFTER.format(green=GRAPHQL["green"], gets="raise SystemExit(7)", tell=TELL)
    with pytest.raises(AliasUntold):
        platform.alias(sets="", gets=once, arrive=1).swap(GREEN)
    alias = platform.alias()
    assert alias.read() == BLUE
    with alias.alone():
        assert (alias.record(), platform.intent) == (BLUE, None)
    assert "'blue'" in platform.calls[-1], "what may still be under way is asked back"


@pytest.mark.deep
def test_a_put_back_that_does_not_hold(platform: Platform) -> None:
    """`get` tells of a third only after it was asked for the old one: nobody can tell, and the note stays."""
    late = "\nlines = (here / 'calls').read_text().splitlines()\n"
    late += "print('http://third.test' if len(lines) > 2 else (here / 'upstream').read_text())"
    alias = platform.alias(sets="", gets=late, arrive=1)
    with pytest.raises(AliasUntold):
        alias.swap(GREEN)
    assert platform.intent is not None


@pytest.mark.deep
def test_get_is_mute_before_the_move(platform: Platform) -> None:
    """Nothing is set while nobody knows where it leads."""
    with pytest.raises(AliasUntold):
        platform.alias(gets="raise SystemExit(1)").swap(GREEN)
    assert (len(platform.calls), platform.intent) == (1, None)


def test_moved_by_hand(platform: Platform) -> None:
    """It says what nobody here has set."""
    platform.lead("http://by-hand.test")
    with pytest.raises(AliasDamaged, match="by-hand"):
        platform.alias().read()
    platform.alias().swap(GREEN)
    assert platform.alias().read() == GREEN


def test_what_is_no_address_is_not_repeated(platform: Platform) -> None:
    """It may be anything, a secret too."""
    platform.lead(f"token: {HUSH}")
    with pytest.raises(AliasDamaged) as refused:
        platform.alias().read()
    assert HUSH not in str(refused.value)


def test_a_program_that_is_not_there(platform: Platform) -> None:
    """Nothing was asked for, so nothing is asked back."""
    alias = platform.alias(setting=("/nowhere/deploy", "{upstream}"))
    with pytest.raises(Unset, match="/nowhere/deploy cannot be run"):
        alias.swap(GREEN)
    assert (len(platform.calls), platform.intent, alias.read()) == (1, None, BLUE)


def test_back_to_nobody(tmp_path: Path) -> None:
    """A first move that is put back leads to where it led before Belts."""
    platform = Platform(tmp_path)
    platform.lead("https://legacy.test")
    alias = platform.alias()
    with alias.alone():
        alias.swap(BLUE)
        alias.clear()
    assert (platform.leads, alias.read(), platform.intent) == ("https://legacy.test", None, None)


@pytest.mark.deep
def test_back_to_nowhere(tmp_path: Path) -> None:
    """No command leads it nowhere: said, and left where it is."""
    platform = Platform(tmp_path)
    platform.lead("")
    alias = platform.alias()
    with alias.alone():
        alias.swap(BLUE)
    with pytest.raises(Unset, match="the alias stays"):
        alias.clear()
    assert alias.read() == BLUE


def test_an_address_that_is_none(platform: Platform) -> None:
    """A belt that nobody says an address of is not set."""
    served = GREEN.promoted(
        GREEN.serves.__class__(belt="red", identity="r", dial="127.0.0.1:3", heights={}),
        left={},
        since="",
        move=3,
        certificate=None,
    )
    with pytest.raises(Unset, match=r"alias\.addresses\.red"):
        platform.alias().swap(served)
    assert len(platform.calls) == 1


def test_secrets(platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
    """They reach the commands by environment and stdin; no file, argument or refusal holds them."""
    look = "import os\nassert os.environ['TOKEN'] == sys.stdin.readline().strip()\n"
    loud = f"{look}sys.stderr.write(os.environ['TOKEN']); raise SystemExit(3)"
    alias = platform.alias(
        sets=loud, gets=look + TELL, variables={"TOKEN": HUSH}, stdin=f"{HUSH}\n", arrive=1
    )
    with pytest.raises(Unset) as refused, alias.alone():
        alias.swap(GREEN)
    assert "ended with 3" in str(refused.value)
    kept = [path.read_text() for path in platform.home.rglob("*") if path.is_file()]
    for text in (*kept, str(refused.value), repr(alias), str(alias), caplog.text):
        assert HUSH not in text


@pytest.mark.deep
def test_the_environment(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not listed does not reach a command, such as the passphrase of the stack."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", HUSH)
    look = "import os\nassert 'PULUMI_CONFIG_PASSPHRASE' not in os.environ\nassert os.environ['PATH']\n"
    assert platform.alias(gets=look + TELL).read() == BLUE


def test_what_the_auditor_remembers(platform: Platform) -> None:
    """It asks as the last move did, with secrets from its environment, and could not tell without them."""
    alias = platform.alias(variables={"TOKEN": HUSH}, stdin="x")
    with alias.alone():
        pass
    writer = remembered(platform.local, {"TOKEN": HUSH, "BELTS_ALIAS_STDIN": "x", "OTHER": "y"})
    assert writer is not None
    assert (writer.elsewhere.variables, writer.elsewhere.stdin, writer.missing) == ({"TOKEN": HUSH}, "x", ())
    assert writer.alias == alias.writer.alias
    mute = remembered(platform.local, {})
    assert mute is not None
    assert "BELTS_ALIAS_STDIN, TOKEN" in ", ".join(sorted(mute.missing))
    assert "is missing where this runs" in mute.get().why


def test_nothing_is_strange(platform: Platform) -> None:
    """What it keeps beside the alias is its own; by a directory alone it would be somebody's."""
    alias = platform.alias()
    with alias.alone():
        assert alias.strange(kept=()) == ()
    assert platform.local.strange(kept=()) == ("places.json", "writer.json")


@pytest.mark.deep
@pytest.mark.parametrize("name", ["intent.json", "places.json", "writer.json"])
def test_a_file_that_nobody_here_wrote(platform: Platform, name: str) -> None:
    """Refused in words: what it held is how a move began."""
    for text in ("{", "[]", '{"version": 9}', '{"version": 1}', '{"version": 1, "intent": 1, "places": []}'):
        platform.local.keep(name, text)
        look = platform.alias().read if name != "writer.json" else lambda: remembered(platform.local, {})
        with pytest.raises(AliasRefused):
            look()


def test_decommission(platform: Platform) -> None:
    """What is known here goes; where it leads stays the operator's."""
    alias = platform.alias()
    alias.remove()
    assert (platform.leads, alias.record()) == (GRAPHQL["blue"], None)
    assert not (platform.home / "alias").exists()
