"""The lock file that a project is installed by: npm's or pnpm's, and one alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from belts.envio import npm, pnpm
from belts.envio.locked import Lock, Locked
from belts.envio.release import GENERATED, EnvioRelease
from belts.reading.mistakes import Mistake

READERS: Mapping[str, tuple[Callable[[str], Lock], str]] = {
    npm.FILE: (npm.lock, npm.FORM),
    pnpm.FILE: (pnpm.lock, pnpm.FORM),
}
AGAIN = {
    npm.FILE: "`npx envio codegen && npm install`",
    pnpm.FILE: f"`pnpm envio codegen && pnpm install`, with `packages: [{GENERATED}]` in {pnpm.WORKSPACE},",
}
"""What writes into each what the generated code depends on."""
OTHERS = {
    "npm-shrinkwrap.json": "npm's older form",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
}
WANTED = "the lock file of npm or of pnpm and no other: what runs is what it names"


def lock_of(project: Path, release: EnvioRelease | None, mistakes: list[Mistake]) -> Lock | None:
    """The lock of a project, if it is one that belts install by; else what is wrong is in `mistakes`.

    Without a release that is known, it is judged by the file alone.
    """
    found = [name for name in (*READERS, *OTHERS) if (project / name).exists()]
    if len(found) != 1 or found[0] not in READERS:
        told = [f"{name}{f' of {OTHERS[name]}' if name in OTHERS else ''}" for name in found]
        got = f"{' and '.join(told) or 'none'}; {_now(found)}"
        mistakes.append(Mistake(found[0] if len(found) == 1 else npm.FILE, WANTED, got))
        return None
    [file] = found
    read, form = READERS[file]
    try:
        lock = read((project / file).read_text())
    except (ValueError, TypeError, AttributeError, KeyError):
        mistakes.append(Mistake(file, form, "another"))
        return None
    mistakes += [
        Mistake(f"{file}: {key}", "packages as the registry has them, each by its `integrity`", key)
        for key in lock.changing
    ]
    if release is not None:
        mistakes += _unlike(lock, release)
    return lock


def _now(found: Sequence[str]) -> str:
    if len(found) > 1:
        return "keep the one that the project is installed by"
    return "`npm install --package-lock-only` makes one"


def _unlike(lock: Lock, release: EnvioRelease) -> Iterator[Mistake]:
    """What of it is not the release, or has no hash."""
    named = _by_name(lock.packages)
    envio = sorted({each.version for each in named.get("envio", ())})
    if envio != [release.version]:
        expected = f"envio {release.version}, as package.json pins it"
        yield Mistake(lock.file, expected, ", ".join(envio) or "no envio; install, and keep the lock file")
        return
    yield from _other_tools(lock.file, named, release)
    unknown = [str(each) for each in lock.unknown if not each.is_for_some]
    if unknown:
        yield Mistake(lock.file, "packages of a registry, each by its `integrity`", ", ".join(unknown))
    if release.generates and lock.generated is None:
        yield Mistake(
            lock.file,
            f"what `{GENERATED}` depends on, as that is run, too",
            f"nothing of it; where package.json depends on `./{GENERATED}`, {AGAIN[lock.file]} puts it there",
        )


def _other_tools(
    file: str, named: Mapping[str, tuple[Locked, ...]], release: EnvioRelease
) -> Iterator[Mistake]:
    """What generates code is run with the rights of those who judge it: it has to be what was verified."""
    for name, integrity in {**release.tools, **release.builds}.items():
        here = {each.integrity for each in named.get(name, ())}
        if here - {integrity} or not (here or name in release.builds):
            got = ", ".join(map(str, named.get(name, ()))) or "none"
            yield Mistake(file, f"{name} as Envio {release.version} was verified with: {integrity}", got)


def _by_name(packages: Iterable[Locked]) -> dict[str, tuple[Locked, ...]]:
    found: dict[str, tuple[Locked, ...]] = {}
    for each in packages:
        found[each.name] = (*found.get(each.name, ()), each)
    return found
