"""A strict stand-in for systemd: it takes what the real one takes, in the order in which that does.

Run as `systemctl` or `loginctl`. A call that the real one would refuse, or of which nothing here knows, fails
the test: it is written down as wrong. A unit counts as it was when units were last read.
"""

import json
import os
import sys
from pathlib import Path

AT = Path(__file__).resolve().parent


def main(program: str, arguments: list[str]) -> int:
    state = json.loads((AT / "state.json").read_text())
    user = "--user" in arguments
    words = [word for word in arguments if word != "--user"]
    state["asked"].append([program, *arguments])
    if program != "loginctl" and user is not state["user"]:
        state["wrong"].append(f"{program}: the wrong systemd was asked")
    if user and os.environ.get("XDG_RUNTIME_DIR") != state["runtime"]:
        state["wrong"].append(f"{program}: nothing says where the user's systemd is")
    try:
        said = answer(program, words, state)
    except (ValueError, KeyError, IndexError) as wrong:
        state["wrong"].append(f"{program} {' '.join(arguments)}: {wrong!r}")
        said = None
    (AT / "state.json").write_text(json.dumps(state))
    if said is None:
        print(f"stand-in: refused: {arguments}", file=sys.stderr)
        return 1
    print(said)
    return 0


def answer(program: str, words: list[str], state: dict[str, dict[str, str]]) -> str | None:
    files = {file.name: file.read_text() for file in Path(str(state["folder"])).glob("*.*")}
    match [program, *words]:
        case ["systemctl", "daemon-reload"]:
            if state["unreachable"]:
                return None
            state["read"] = files
        case ["systemctl", "enable", unit]:
            text = state["read"][unit]
            assert "[Install]\nWantedBy=" in text
            state["enabled"][unit] = "yes"
        case ["systemctl", "start", unit]:
            if state["read"][unit] != files[unit]:
                raise ValueError("the unit was changed since units were read")
            if state["refuses"]:
                return None
            state["active"][unit] = "yes"
        case ["systemctl", "try-restart", "--no-block", unit]:
            if state["read"][unit] != files[unit]:
                raise ValueError("the unit was changed since units were read")
        case ["systemctl", "stop", unit]:
            assert state["read"][unit]
            if state["unreachable"]:
                return None
            state["active"].pop(unit, None)
        case ["systemctl", "disable", "--now", unit]:
            assert state["read"][unit]
            state["enabled"].pop(unit, None)
            state["active"].pop(unit, None)
        case ["systemctl", "revert", unit]:
            assert state["read"][unit]
        case ["systemctl", "show", "--property=ControlGroup", "--value", unit]:
            return "/system.slice/a.service" if state["active"].get(unit) else ""
        case ["systemctl", "set-property", unit, *limits]:
            if not state["active"].get(unit):
                raise ValueError("it is not there")
            state["limits"][unit] = " ".join(limits)
        case ["loginctl", "enable-linger"]:
            state["lingers"] = {"yes": "yes"}
        case ["busctl", "call", _, _, _, "AttachProcessesToUnit", "ssau", unit, "", *_]:
            if not state["active"].get(unit):
                raise ValueError("it is not there")
        case _:
            raise ValueError("the real one knows no such call")
    return ""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:]))
