"""The packages that a project's lock names: installed once, for every belt of this checkout that runs by it.

Nothing of a package runs while it is installed, whatever it asks for: that would be with the rights of those
who judge it.
"""

import hashlib
import json
import os
import platform
import re
import time
from pathlib import Path
from typing import Any

from belts.envio.lock import FILE as LOCK
from belts.envio.lock import Lock, Locked
from belts.envio.package import FILE as PACKAGE
from belts.envio.release import GENERATED
from belts.files import private_dir, remove_tree, write_private
from belts.locks import locked
from belts.runtimes.process import toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.progress import Progress, note
from belts.runtimes.process.supervise import identity, readiness
from belts.runtimes.process.supervise.programs import BASE_ENVIRONMENT, Program

WHOLE = "whole"
DIGITS = 16
LOOK_EVERY_S = 0.2
LOG = "install.log"
DECIDING = frozenset(
    {
        *("name", "version", "dependencies", "devDependencies", "optionalDependencies"),
        *("peerDependencies", "overrides"),
    }
)
"""What of a package.json decides what is installed. Its scripts are none of it."""
SETTINGS = ".npmrc"
SETTING = re.compile(r"(?:registry|legacy-peer-deps|strict-peer-deps|@[^:=\s]+:registry|//[^=\s]+)\s*=")
"""What of a project's settings says where packages come from; others would bend npm itself."""
HANDED_ON = re.compile(
    r"(?i:https?_proxy|no_proxy|npm_config_\w+)|HOME|XDG_CONFIG_HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)"
)
"""What of whoever asks says how a registry is reached. Secrets of belts travel beside it, and stay here."""
NPM = ("ci", "--ignore-scripts", "--omit=dev", "--include=optional", "--prefer-offline", "--no-audit")
SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
PROCESSORS = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def builds(name: str) -> str:
    """What a package's programs for this machine are called."""
    return f"{name}-{SYSTEMS.get(platform.system())}-{PROCESSORS.get(platform.machine())}"


def installed(layout: Layout, project: Path, lock: Lock, *, settings: Path | None = None) -> Path:
    """The folder whose `node_modules` holds them; made where there is none, by one who asks for it.

    `settings` is where it stands from where they come, if not in the project itself: a token may be in it.
    """
    store = _store()
    place = store / _key(project, lock)
    if (place / WHOLE).exists():
        return place
    _refuse_unknown(layout, lock)
    with locked(
        store / f"{place.name}.lock",
        busy=lambda: note(f"{layout.belt}: indexer: another belt installs the same packages"),
    ):
        if not (place / WHOLE).exists():
            for left in (place, *store.glob(f".{place.name}.*")):  # whoever was killed left it behind
                remove_tree(left)
            draft = private_dir(store / f".{place.name}.{os.getpid()}")
            try:
                write_private(draft / SETTINGS, _settings(settings or project))
                _install(layout, project, lock, draft)
                write_private(draft / WHOLE, "")
                draft.rename(place)
            finally:
                remove_tree(draft)
    return place


def _store() -> Path:
    store = toolchain.CHECKOUT / ".tools" / "packages"
    try:
        if not store.is_dir():
            store.mkdir(parents=True, exist_ok=True)
            store.chmod(0o755)  # whatever the umask is: users of belts pass through it
    except OSError as fault:
        raise Refused(
            "the packages of Envio projects cannot be kept",
            expected=f"a folder that can be written: {store}",
            seen=str(fault),
            now="make room, or run the same as who may write there",
        ) from fault
    return store


def _key(project: Path, lock: Lock) -> str:
    """By what decides what lies there, machine and all."""
    told = json.dumps([_asked(project), lock.meaning, lock.generated, platform.system(), platform.machine()])
    return hashlib.sha256(told.encode()).hexdigest()[:DIGITS]


def _asked(project: Path) -> str:
    content = json.loads((project / PACKAGE).read_text())
    return json.dumps({key: content[key] for key in sorted(DECIDING & content.keys())}, indent=2)


def _install(layout: Layout, project: Path, lock: Lock, draft: Path) -> None:
    write_private(draft / LOCK, (project / LOCK).read_text())
    write_private(draft / PACKAGE, _asked(project))
    if lock.generated is not None:  # npm compares it with the lock
        write_private(draft / GENERATED / PACKAGE, json.dumps({"name": GENERATED, **lock.generated}))
    code = _run(layout, lock, draft)
    (draft / SETTINGS).unlink(missing_ok=True)  # it may hold a token
    wanted = ("envio", *([GENERATED] if lock.generated is not None else []))
    missing = [name for name in wanted if not (draft / "node_modules" / name).exists()]
    if code != 0 or missing:
        raise Refused(
            f"{layout.belt}: the packages of its Envio project cannot be installed by {LOCK}",
            expected="`npm ci` to end with 0",
            seen=f"it ended with {code}, without {', '.join(missing)}"
            if missing
            else f"it ended with {code}",
            now=f"see that {PACKAGE} and {LOCK} agree and that the registry is reached, then run the same"
            " again: what was fetched is kept",
            log_tail=readiness.tail(draft / LOG, 20),
        )


def _settings(project: Path) -> str:
    file = project / SETTINGS
    lines = file.read_text().splitlines() if file.is_file() else []
    return "".join(f"{line}\n" for line in lines if SETTING.match(line.strip()))


def _run(layout: Layout, lock: Lock, draft: Path) -> int:
    node, count = toolchain.node(), len(lock.packages)
    kept = {"npm_config_cache": str(toolchain.cache() / "npm")}
    given = {name: value for name, value in os.environ.items() if HANDED_ON.fullmatch(name)}
    program = Program(
        name="packages",
        argv=(str(node), str(toolchain.npm()), *NPM),
        cwd=draft,
        env={**kept, **given, "PATH": f"{node.parent}:{BASE_ENVIRONMENT['PATH']}"},
    )
    progress = Progress(f"{layout.belt}: indexer: packages")
    note(f"{layout.belt}: indexer: installing {count} packages by {LOCK}")
    with identity.start(layout, program, draft / LOG) as process:
        while (code := process.poll()) is None:
            progress.at("npm installs them")
            time.sleep(LOOK_EVERY_S)
    return code


def _refuse_unknown(layout: Layout, lock: Lock) -> None:
    unknown = [each for each in lock.unknown if _is_here(each)]
    if unknown:
        raise Refused(
            f"{layout.belt}: packages of its Envio project are known by no hash",
            expected=f"an `integrity` in {LOCK} for each package that this machine runs",
            seen=f"none for {', '.join(map(str, unknown))}",
            now="lock the project again where the registry tells it",
        )


def _is_here(package: Locked) -> bool:
    here: dict[str, Any] = {
        "os": SYSTEMS.get(platform.system()),
        "cpu": PROCESSORS.get(platform.machine()),
        "libc": "glibc" if platform.libc_ver()[0] == "glibc" else "musl",
    }
    return all(_suits(value, getattr(package, key)) for key, value in here.items())


def _suits(here: str | None, wanted: tuple[str, ...]) -> bool:
    """As npm reads it: `!` keeps a package from a machine, and leaves it to all others."""
    never = {each[1:] for each in wanted if each.startswith("!")}
    only = {each for each in wanted if not each.startswith("!")}
    return wanted == ("any",) or (here not in never and (not only or here in only))
