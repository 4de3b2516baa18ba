"""The example indexer, changed the way that indexers change: what a promotion has to tell apart.

python -m examples.variants corrected-handler DIRECTORY   writes the project with that change into DIRECTORY
"""

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from belts.refusal import Refusal
from examples import forms

SCHEMAS = ("schema.blue.graphql", "schema.green.graphql")


class EditFailed(Refusal):
    """A change no longer fits the project."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces one text of one file. The text must be there exactly once."""

    file: str
    old: str
    new: str

    def apply(self, project: Path) -> None:
        path = project / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise EditFailed(
                f"{self.file} cannot be changed",
                expected=f"{self.old!r} once",
                seen=f"it {text.count(self.old)} times",
                now="bring the variant to what the project says today",
            )
        path.write_text(text.replace(self.old, self.new))


def _in_schemas(old: str, new: str) -> tuple[Edit, ...]:
    return tuple(Edit(file, old, new) for file in SCHEMAS)


VARIANTS = {
    # Additions: a consumer loses nothing.
    "added-field": (
        *_in_schemas("  major: Boolean!\n", "  major: Boolean!\n  cents: BigInt\n"),
        Edit("src/vault.ts", '"EUR/USD",\n', '"EUR/USD",\n    cents: event.params.price / 10n ** 16n,\n'),
    ),
    "added-enum-value": _in_schemas("  GRANTED\n", "  GRANTED\n  BORROWED\n"),
    # A corrected handler: one column of one entity had a wrong value.
    "corrected-handler": (
        Edit("src/vault.ts", "value.isGreaterThan(9) ? value.toNumber() : undefined", "value.toNumber()"),
    ),
    # Faults: each gives wrong data that looks right.
    "missing-rows": (
        Edit(
            "src/points.ts",
            "logIndex } = event;\n",
            "logIndex } = event;\n  if (block.number % 10 === 3) return;\n",
        ),
    ),
    "wrong-values": (
        Edit("src/points.ts", "balance: account.balance + amount", "balance: account.balance - amount"),
    ),
    # Breaks: a consumer's query stops working, or gets a value that it cannot read.
    "removed-field": (
        *_in_schemas("  weight: Float\n", ""),
        Edit("src/vault.ts", "    weight: value.isGreaterThan(9) ? value.toNumber() : undefined,\n", ""),
    ),
    "narrowed-enum": (
        *_in_schemas("  GRANTED\n", ""),
        Edit("src/vault.ts", '["FLEXIBLE", "LOCKED", "GRANTED"]', '["FLEXIBLE", "LOCKED", "LOCKED"]'),
    ),
    "nullable-field": _in_schemas("  lastEvent: String!\n", "  lastEvent: String\n"),
}


def write(variant: str, into: Path) -> Path:
    """A copy of the example with the change made; every edit must fit."""
    shutil.copytree(forms.project(), into, ignore=shutil.ignore_patterns(*forms.NOT_COPIED))
    for edit in VARIANTS[variant]:
        edit.apply(into)
    return into


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.variants", description=__doc__)
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("directory", type=Path, help="must not exist")
    arguments = parser.parse_args(argv)
    try:
        print(write(arguments.variant, arguments.directory.resolve()))
    except (FileExistsError, EditFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
