"""Builds Envio projects to read."""

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from belts.envio.release import LATEST, release_of

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER_ADDRESS = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
SIGNATURE = "Transfer(address indexed from, address indexed to, uint256 value)"
SCHEMA = "type Transfer {\n  id: ID!\n}\n"


def a_contract(**changes: Any) -> dict[str, Any]:
    return {"name": "Points", "handler": "src/points.ts", "events": [{"event": SIGNATURE}]} | changes


def a_chain(number: object = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "start_block": 5,
        "rpc": {"url": f"${{RPC_{number}}}", "for": "sync"},
        "contracts": [{"name": "Points", "address": ADDRESS}],
    } | changes


def a_config(**changes: Any) -> dict[str, Any]:
    return {"name": "points", "contracts": [a_contract()], "chains": [a_chain()]} | changes


def pin_of(package: object) -> str:
    """The version that a package.json pins, or the latest where it does not."""
    dependencies = package.get("dependencies") if isinstance(package, dict) else None
    pin = dependencies.get("envio") if isinstance(dependencies, dict) else None
    return pin if isinstance(pin, str) and release_of(pin) else LATEST.version


def a_lock(version: str = LATEST.version, **changes: Any) -> dict[str, Any]:
    """npm's lock of a project that depends on this Envio and nothing else; `changes` are entries by place."""
    release = release_of(version) or LATEST
    tools = {"envio": "sha512-x", **release.tools}
    packages: dict[str, dict[str, Any]] = {
        "": {"dependencies": {"envio": version}},
        "generated": {"version": "0.1.0", "dependencies": {"envio": version}},
        "node_modules/generated": {"resolved": "generated", "link": True},
        **{f"node_modules/{name}": {"version": "1.0.0", "integrity": known} for name, known in tools.items()},
    }
    packages["node_modules/envio"]["version"] = version
    return {"lockfileVersion": 3, "packages": packages | changes}


def a_pnpm_lock(version: str = LATEST.version, **changes: Any) -> dict[str, Any]:
    """The same of pnpm; `changes` are laid over its sections."""
    release = release_of(version) or LATEST
    tools = {"envio": "sha512-x", **release.tools}
    named = {name: version if name == "envio" else "1.0.0" for name in tools}
    asked = {"envio": {"specifier": version, "version": f"{version}(react@19.2.0)"}}
    link = {"specifier": "link:generated", "version": "link:generated"}
    content: dict[str, Any] = {
        "lockfileVersion": "9.0",
        "settings": {"autoInstallPeers": True, "excludeLinksFromLockfile": False},
        "importers": {
            ".": {"dependencies": {**asked, "generated": link}},
            "generated": {"dependencies": asked},
        },
        "packages": {
            f"{name}@{named[name]}": {"resolution": {"integrity": known}} for name, known in tools.items()
        },
        "snapshots": {f"{name}@{named[name]}": {} for name in tools},
    }
    for section, change in changes.items():
        before = content.get(section)
        content[section] = {**before, **change} if isinstance(before, dict) else change
    return content


def a_project(
    directory: Path,
    *,
    config: object = None,
    package: object = None,
    files: dict[str, str] | None = None,
) -> Path:
    """Writes a project that reads well, but for what the case changes; a text is written as it is."""
    directory.mkdir(parents=True, exist_ok=True)
    wanted = a_config() if config is None else copy.deepcopy(config)  # anchors would read alike, only uglier
    written = wanted if isinstance(wanted, str) else yaml.safe_dump(wanted, sort_keys=False)
    pinned = {"dependencies": {"envio": LATEST.version}} if package is None else package
    content = {
        "config.yaml": written,
        "package.json": pinned if isinstance(pinned, str) else json.dumps(pinned),
        "schema.graphql": SCHEMA,
        "src/points.ts": 'import { Points } from "generated";\n',
        "package-lock.json": json.dumps(a_lock(pin_of(pinned))),
    } | (files or {})
    for name, text in content.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory
