"""A gateway's webhook sender: the process that announces the moves in the ledger to a listener."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from belts import webhook
from belts.files import private_dir, remove_tree
from belts.runtimes.process import kept_code, toolchain
from belts.runtimes.process.errors import Refused
from belts.runtimes.process.files import secrets
from belts.runtimes.process.files.layout import Layout
from belts.runtimes.process.supervise import control, readiness, supervisor
from belts.runtimes.process.supervise.programs import Program
from belts.spec.gateway import WebhookSender

PROGRAM = "webhook-sender"
READY_S = 30.0
POST_S = 15
URL, SECRET, LEDGER = "webhookUrl", "webhookSecret", "ledgerUrl"


def apply(layout: Layout, request: WebhookSender) -> Mapping[str, Any]:
    """Brings it up. Its URL is a secret, since anyone who knows it could post to the listener."""
    told = {webhook.URL: _secret(layout, URL, "the listener's URL")}
    if request.signed:
        told[webhook.SECRET] = _secret(layout, SECRET, "the key that announcements are signed with")
    if request.own_ledger:
        told[webhook.LEDGER] = _secret(layout, LEDGER, "the URL of the ledger")
    mistakes = webhook.mistakes(told)
    if mistakes:
        raise Refused(
            f"{layout.belt}: moves cannot be announced like this",
            expected="; ".join(mistake.expected for mistake in mistakes),
            seen="something else (it is not shown: it is a secret)",
            now="mend the secret in the stack's config",
        )
    private_dir(layout.of_part(PROGRAM))
    private_dir(layout.logs)
    supervisor.converge(layout, program(layout, told))
    readiness.wait(
        layout,
        PROGRAM,
        partial(_probe, layout),
        expected="the webhook sender to stay up; a listener or a ledger that is away is waited for",
        deadline_s=READY_S,
        secrets=secrets.known(layout),
    )
    return {}


def remove(layout: Layout) -> None:
    supervisor.remove(layout, {PROGRAM})
    remove_tree(layout.of_part(PROGRAM))


def program(layout: Layout, told: Mapping[str, str]) -> Program:
    """On a stop it completes the current delivery, so that no announcement is sent twice."""
    return Program(
        name=PROGRAM,
        argv=(
            *(str(toolchain.python()), "-m", "gate.signals.webhook"),
            *("--root", str(layout.root), "--gateway", layout.belt),
        ),
        cwd=layout.of_part(PROGRAM),
        env={"PYTHONPATH": str(kept_code.code()), "PYTHONUNBUFFERED": "1", **told},
        stop_wait_s=POST_S,
        priority=320,
    )


def _secret(layout: Layout, name: str, what: str) -> str:
    """A secret of the operator's config, stored so that the webhook sender can restart without it."""
    given = secrets.from_config().get(name)
    held = secrets.keep(layout, name, given) if given else secrets.known(layout)
    if not held.get(name):
        raise Refused(
            f"{layout.belt}: moves cannot be announced without {what}",
            expected=f"{name} in {secrets.ENVIRONMENT}",
            seen="none, and none kept from before",
            now="set the secret in the stack's config",
        )
    return held[name]


def _probe(layout: Layout) -> str | None:
    state = supervisor.states(layout).get(PROGRAM)
    return None if state is not None and state.state == control.RUNNING else "it is not up yet"
