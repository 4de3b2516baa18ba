"""Pins again everything that the checkout asks for: ``make lock``. A lock names versions and hashes only."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.checkout import Checkout, this_checkout
from tools.node_packages import npm
from tools.npm_lock import complete
from tools.program import plain_environment

PYTHON_LOCKS = (
    (Path("requirements.in"), Path("requirements.txt")),
    (Path("requirements-dev.in"), Path("requirements-dev.txt")),
    (Path("tools/pulumi/go.in"), Path("tools/pulumi/go.txt")),
)
QUIET = ("--quiet", "--no-header", "--strip-extras", "--allow-unsafe", "--generate-hashes")
NO_HOST = ("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host")


def lock_python(checkout: Checkout) -> None:
    """One lock for running, one for development; both agree on every version that they share."""
    compiler = str(checkout.venv / "bin" / "pip-compile")
    for asked, lock in PYTHON_LOCKS:
        agreeing = ("--constraint", "requirements.txt") if lock.name == "requirements-dev.txt" else ()
        _run(checkout, compiler, *QUIET, *NO_HOST, *agreeing, "--output-file", str(lock), str(asked))


def lock_node(checkout: Checkout) -> None:
    """npm's lock, with the builds for other platforms as well."""
    _run(checkout, str(checkout.bin / "node"), str(npm(checkout)), "install", "--package-lock-only")
    path = checkout.root / "package-lock.json"
    lock = json.loads(path.read_text())
    lock["packages"] = complete(lock["packages"], lambda name, version: _integrity(checkout, name, version))
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")


def _integrity(checkout: Checkout, name: str, version: str) -> str | None:
    """The registry's hash for one package; None if the registry does not know it."""
    command = [str(checkout.bin / "node"), str(npm(checkout)), "view", f"{name}@{version}", "dist.integrity"]
    told = subprocess.run(
        command,
        cwd=checkout.root,
        env=plain_environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return told if told.startswith("sha512-") else None


def _run(checkout: Checkout, *command: str) -> None:
    sys.stderr.write(f"lock: {' '.join(command)}\n")
    subprocess.run(command, cwd=checkout.root, env=plain_environment(os.environ), check=True)


def main() -> int:
    """Write the locks; the person who runs it reviews the difference."""
    checkout = this_checkout()
    lock_python(checkout)
    lock_node(checkout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
