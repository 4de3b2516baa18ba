"""What registries themselves know to be wrong with what is pinned: ``make advisories``.

Each question is one that a registry answers by itself: PyPI's JSON of a version, and ``npm audit``. What
nobody could be asked about is said, and is no pass: it exits with 0 where all was asked and nothing is known,
1 where something is, 3 where it cannot be told.
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
    """One thing that a registry knows of a version."""

    package: str
    number: str
    what: str

    def __str__(self) -> str:
        return f"{self.package}: {self.number}: {self.what}"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Unasked:
    """What nobody could be asked about, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


Told = Advisory | Unasked


def of_python(root: Path, index: str) -> Iterator[Told]:
    """Every version that pip may install, by its JSON."""
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
    """The whole package lock, by npm's own audit; `audit` gives what it printed."""
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
    """No registry of Go modules tells them."""
    for lock in GO_LOCKS:
        yield Unasked(what=str(lock), why="no module proxy tells them; `govulncheck` asks vuln.go.dev")


def npm_audit(checkout: Checkout, environ: Mapping[str, str]) -> str:
    """As npm prints it, whether it found something or not."""
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
    """An index may be reached by a password in its URL."""
    return re.sub(r"//[^/@\s]+@", "//…@", text)


def report(told: list[Told]) -> tuple[str, int]:
    """The text, and what to exit with."""
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
