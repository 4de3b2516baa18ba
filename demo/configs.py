"""Writes the stacks' configs from the templates, with the checkout's own ports."""

import os
import re
from pathlib import Path

import yaml

from belts.refusal import Refusal
from demo import ports
from demo.place import Place
from examples import forms


class NotOurs(Refusal):
    """A stack of that name has a config that the demo did not make."""


def write(place: Place, stack: str, *, first_port: int, events: int) -> None:
    """Writes the config from its template, and keeps what Pulumi itself has written into it."""
    config, made = place.config(stack), place.made(stack)
    if config.exists() and not made.exists():
        raise NotOurs(
            f"{config.name} stays as it is",
            expected="a config that the demo made, or none",
            seen="one that it did not make",
            now="move it away, or run the demo in another checkout",
        )
    kept = yaml.safe_load(config.read_text()) if config.exists() else {}
    described = yaml.safe_load(render(place.template(stack), first_port=first_port))
    if stack == "chains":
        described["config"]["belts:traffic"]["events"] = events
    if indexer := described["config"].get("belts:indexer"):
        indexer["project"] = os.path.relpath(forms.project(), place.checkout)
    made.parent.mkdir(parents=True, exist_ok=True)
    made.touch()
    config.write_text(yaml.safe_dump({**(kept or {}), **described}, sort_keys=False))


def render(template: Path, *, first_port: int) -> str:
    """The template's text with every port moved from the templates' block to another."""
    last = ports.TEMPLATE + ports.SIZE

    def moved(found: "re.Match[str]") -> str:
        port = int(found.group())
        return str(first_port + port - ports.TEMPLATE) if ports.TEMPLATE <= port < last else found.group()

    return re.sub(r"\b\d{5}\b", moved, template.read_text())
