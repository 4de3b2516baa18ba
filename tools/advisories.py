"""The known vulnerabilities of what is pinned, as the registries report them: ``make advisories``.

The sources are PyPI's JSON of each version, and ``npm audit``. What no registry could be asked about is
reported, and does not count as passed: the exit code is 0 if everything was asked and nothing is known, 1 if
something is known, 3 if it cannot be determined.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.checkout import Checkout, this_checkout
from tools.node_packages import npm
from tools.program import plain_environment
from tools.web import Answer, ask

PYTHON_LOCKS = (Path("requirements-dev.txt"), Path("tools/pulumi/go.txt"))
GO_LOCKS = (Path("tools/pulumi/cli/go.mod"), Path("tools/pulumi/language/go.mod"))
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", re.MULTILINE)
INDEX = "https://pypi.org/simple"
ANSWER_S = 20.0
AT_ONCE = 4
NONE, KNOWN, UNTOLD = 0, 1, 3


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Advisory:
    """One vulnerability of a version that a registry knows."""

    package: str
    number: str
    what: str

    def __str__(self) -> str:
        return f"{self.package}: {self.number}: {self.what}"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Unasked:
    """Something that no registry could be asked about, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


Told = Advisory | Unasked


def of_python(root: Path, index: str) -> Iterator[Told]:
    """Asks about every version that pip may install, through its JSON."""
    pins = sorted({pin for lock in PYTHON_LOCKS for pin in PIN.findall((root / lock).read_text())})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for told in pool.map(lambda pin: list(_of_version(index, *pin)), pins):
            yield from told


def _of_version(index: str, name: str, version: str) -> Iterator[Told]:
    package = f"{name} {version}"
    told = ask(f"{index.rstrip('/').removesuffix('/simple')}/pypi/{name}/{version}/json", within=ANSWER_S)
    if not isinstance(told, Answer):
        yield Unasked(what=package, why=_without_secret(told.reason))
        return
    try:
        found = json.loads(told.text)["vulnerabilities"]
        for each in found:
            if not each.get("withdrawn"):
                fixed = ", ".join(each.get("fixed_in") or ()) or "no version"
                names = ", ".join(dict.fromkeys((each["id"], *(each.get("aliases") or ()))))
                words = " ".join(str(each.get("summary") or each.get("details") or "").split())[:160]
                yield Advisory(package=package, number=names, what=f"{words} (mended in {fixed})")
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Unasked(what=package, why="its index tells no vulnerabilities in its JSON")


def of_node(audit: Callable[[], str]) -> Iterator[Told]:
    """Asks about the whole package lock with `npm audit`; `audit` returns its output."""
    text = audit()
    try:
        answer: dict[str, Any] = json.loads(text)
        found = answer["vulnerabilities"]
        for name, each in sorted(found.items()):
            for via in each["via"]:
                if isinstance(via, dict):  # a text names another package, which is listed by itself
                    what = f"{via['severity']}: {via['title']} ({via['range']})"
                    yield Advisory(package=name, number=str(via["url"]), what=what)
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Unasked(what="all Node packages", why=f"npm audit said: {_without_secret(_first(text))}")


def of_go() -> Iterator[Told]:
    """Go modules cannot be asked about, as no module proxy lists vulnerabilities."""
    for lock in GO_LOCKS:
        yield Unasked(what=str(lock), why="no module proxy tells them; `govulncheck` asks vuln.go.dev")


def npm_audit(checkout: Checkout, environ: Mapping[str, str]) -> str:
    """The output of `npm audit`, whether it found something or not."""
    command = [str(checkout.bin / "node"), str(npm(checkout)), "audit", "--json", "--package-lock-only"]
    env = plain_environment(environ)
    done = subprocess.run(
        command, cwd=checkout.root, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout


def _first(text: str) -> str:
    try:
        message = json.loads(text).get("message")
    except (ValueError, AttributeError):
        message = None
    return str(message or " ".join(text.split())[:160] or "nothing")


def _without_secret(text: str) -> str:
    """Removes the login from URLs: an index may be reached with a password in its URL."""
    return re.sub(r"//[^/@\s]+@", "//…@", text)


def report(told: list[Told]) -> tuple[str, int]:
    """The text of the report, and the exit code."""
    known = sorted(each for each in told if isinstance(each, Advisory))
    unasked = sorted(each for each in told if isinstance(each, Unasked))
    lines = [*(f"known: {each}" for each in known), *(f"not asked: {each}" for each in unasked)]
    lines.append(f"{len(known)} known, {len(unasked)} of which nobody could be asked")
    return "\n".join(lines) + "\n", KNOWN if known else UNTOLD if unasked else NONE


def main() -> int:
    """Ask about all that is pinned."""
    checkout = this_checkout()
    index = os.environ.get("PIP_INDEX_URL") or INDEX
    told = [*of_python(checkout.root, index), *of_node(lambda: npm_audit(checkout, os.environ))]
    text, code = report([*told, *of_go()])
    sys.stdout.write(text)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
