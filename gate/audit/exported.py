"""Reads Pulumi's state of a stack from `pulumi stack export`: who serves, and which belt is declared.

Secrets in it stay encrypted, and nothing of it is ever shown.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from belts.spec.identity import Identity, IdentityUnreadable
from belts.spec.identity import read as read_identity
from gate.audit.snapshot import Stated, Unseen

ALIAS = "pulumi-python:dynamic/gateway:Alias"
COMMAND = "command:local:Command"
STACK = "pulumi:pulumi:Stack"
SECONDS = 30.0
Deployment = Mapping[str, Any]


def export(project: Path, stack: str, *, seconds: float = SECONDS) -> Deployment | Unseen:
    """The deployment of a stack, or why it is unavailable."""
    command = ["pulumi", "stack", "export", "--stack", stack, "--non-interactive"]
    try:
        process = subprocess.Popen(
            command,
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            start_new_session=True,
        )
    except FileNotFoundError:
        return Unseen(why="`pulumi` is not on the PATH, or the project's directory is not there")
    except OSError as error:
        return Unseen(why=f"`pulumi` cannot be run ({type(error).__name__})")
    try:
        out, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return Unseen(why=f"`pulumi stack export --stack {stack}` had not ended after {seconds:g} s")
    if process.returncode != 0:
        return Unseen(
            why=f"`pulumi stack export --stack {stack}` ended with {process.returncode}: run it to see why"
        )
    try:
        deployment = json.loads(out)["deployment"]
    except (ValueError, KeyError, TypeError):
        return Unseen(why=f"`pulumi stack export --stack {stack}` gave something else than a state")
    return deployment if isinstance(deployment, Mapping) else {}


def stated(deployment: Deployment) -> Stated | Unseen:
    """Who serves according to the state of the gateway's stack."""
    try:
        aliases = [one for one in _resources(deployment) if one["type"] == ALIAS and not one.get("delete")]
        pending = tuple(_pending(deployment))
        if not aliases:
            return Stated(held=False, pending=pending)
        outputs = aliases[-1].get("outputs") or {}
        return Stated(belt=outputs["upstream"], identity=outputs["identity"], pending=pending)
    except (KeyError, TypeError, AttributeError) as error:
        return Unseen(why=f"the state is not as this version of Belts writes it ({type(error).__name__})")


def declared(deployment: Deployment) -> Identity | Unseen | None:
    """The identity that a belt's stack exports; None if it exports none."""
    for resource in _resources(deployment):
        if resource.get("type") == STACK:
            identity = (resource.get("outputs") or {}).get("identity")
            if isinstance(identity, Mapping):
                try:
                    return read_identity(identity)
                except IdentityUnreadable as unreadable:
                    return Unseen(why=unreadable.brief)
    return None


def asked(deployment: Deployment) -> dict[str, str]:
    """The stack's requests to the place, by part."""
    return dict(_asked(deployment))


def _asked(deployment: Deployment) -> Iterator[tuple[str, str]]:
    for resource in _resources(deployment):
        inputs = resource.get("inputs")
        text = inputs.get("stdin") if isinstance(inputs, Mapping) else None
        if resource.get("type") != COMMAND or resource.get("delete") or not isinstance(text, str):
            continue
        try:
            yield str(json.loads(text)["part"]), text
        except (ValueError, KeyError, TypeError):
            continue  # not one of our requests


def _resources(deployment: Deployment) -> list[Mapping[str, Any]]:
    return list(deployment.get("resources") or ())


def _pending(deployment: Deployment) -> Iterator[str]:
    for operation in deployment.get("pending_operations") or ():
        urn = str((operation.get("resource") or {}).get("urn", "")).rpartition("::")[2]
        yield f"{operation.get('type', 'operation')} {urn}".strip()
