"""Deletes what the set-up made, unless a running program still needs it: ``make clean``."""

import shutil
import sys

from tools.checkout import Checkout, this_checkout
from tools.processes import running_from

MADE_BY_TOOLS = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis")


def clean(checkout: Checkout) -> None:
    """Delete packages, programs and caches; what the belts keep in .belts stays."""
    for folder in (checkout.venv, checkout.node_modules, checkout.tools):
        shutil.rmtree(folder, ignore_errors=True)
    for name in MADE_BY_TOOLS:
        shutil.rmtree(checkout.root / name, ignore_errors=True)


def main() -> int:
    """Clean this checkout, or report the running programs that prevent it."""
    checkout = this_checkout()
    running = running_from(checkout)
    if running:
        told = "\n".join(f"    {each}" for each in running)
        sys.stderr.write(f"clean: these still run from here:\n{told}\nEnd them first: make down\n")
        return 1
    clean(checkout)
    kept = f"; {checkout.belts} and {checkout.cache} are kept" if checkout.belts.exists() else ""
    sys.stdout.write(f"dropped .venv, node_modules, .tools and caches{kept}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
