"""The program of the gateway's stack: its ledger, Caddy, and the alias that says which belt it serves."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceHookBinding, ResourceOptions
from pulumi.runtime import config as engine_config

from belts.pulumi.here import RETIREMENT, Done
from belts.pulumi.places import place_of
from belts.reading.mistakes import MistakesError
from belts.spec import identity
from belts.spec.alias import ENV as ALIAS_ENV
from belts.spec.alias import STDIN as ALIAS_STDIN
from belts.spec.alias import written
from belts.spec.gateway import StatusEndpoint, Watched
from gate.alias.order import neighbours
from gate.alias.order.elsewhere import KEY as ALIAS
from gate.alias.order.elsewhere import Elsewhere
from gate.alias.order.version import ELSEWHERE, VERSION
from gate.alias.store import AliasRefused, Store
from gate.commands import place
from gate.files import read_policy
from gate.policy import Policy
from gate.policy.model import DEFAULT_DEADLINE
from gate.secret import Secret
from stacks import outputs
from stacks.alias import Alias, end_hook, gate_hook
from stacks.outputs import BeltOutputs, OutputsRefused
from stacks.settings import LEDGER_URL, WEBHOOK_SECRET, WEBHOOK_URL, GatewaySettings


def declare(settings: GatewaySettings, config: pulumi.Config) -> None:
    """Declare the gateway, then lead the alias to the belt that the config names, by the gate's leave."""
    policy = _policy(settings)
    spec = replace(settings.spec, status_endpoint=StatusEndpoint(chains=_watched(policy)))
    upstream = outputs.read(settings.upstream, _stack(settings.upstream))
    if settings.database:
        upstream = Output.secret(upstream.apply(partial(outputs.open_to_readers, settings.upstream)))
    ledger = config.get_secret(LEDGER_URL)
    secrets = _secrets(config, policy)
    here = place_of(spec, name="gateway-host-check", retirement=RETIREMENT)
    done: list[Done] = []
    for part in spec.parts:
        done.append(here.carry_out(part, part, after=done, secrets=secrets.get(part) or None, once=upstream))
    deadline = _deadline(policy)
    told = Output.all(upstream, ledger, _alias_secrets(settings, config))
    order: Output[str] = told.apply(lambda known: _order(settings, deadline, *known))
    alias = Alias(
        "alias",
        {
            "gateway": spec.name,
            "runtime": str(spec.runtime),
            "host": here.host,
            "directory": str(spec.alias),
            "upstream": settings.upstream,
            "identity": Output.unsecret(upstream.apply(lambda belt: belt.identity.digest)),
            "dial": Output.unsecret(upstream.apply(lambda belt: belt.dial)),
            "order": Output.secret(order),
            "others": Output.secret(
                Output.all(*_others(settings, config)).apply(lambda belts: json.dumps(belts, sort_keys=True))
            ),
        },
        ResourceOptions(
            depends_on=[part.resource for part in done],
            delete_before_replace=True,
            hooks=ResourceHookBinding(
                before_create=[gate := gate_hook("alias-gate", adopt=settings.adopt)],
                before_update=[gate],
                before_delete=[end_hook()],
            ),
        ),
    )
    pulumi.export("url", settings.url)
    if settings.database:
        # Not before the alias has moved: who reads it then reads the belt that serves.
        pulumi.export("database", Output.secret(Output.all(upstream, alias.serves).apply(_database)))
        pulumi.export("databaseCa", Output.unsecret(upstream.apply(lambda belt: belt.consumer_ca)))
    for output, key in (("serving", "belt"), ("previous", "previous"), ("certificate", "certificate")):
        pulumi.export(output, alias.serves.apply(partial(_told, key=key)))


def _database(known: Sequence[Any]) -> str:
    belt: BeltOutputs = known[0]
    return belt.databases["consumer"]


def _told(serves: Mapping[str, Any], *, key: str) -> Any:
    """What the alias's outputs say of one thing; the engine leaves out what is nothing."""
    return serves.get(key)


def _others(settings: GatewaySettings, config: pulumi.Config) -> list[Output[dict[str, Any]]]:
    """The belts that the upstream may be compared with: who serves by the alias, and by the ledger."""
    url = engine_config.get_config(config.full_key(LEDGER_URL))
    try:
        served = neighbours.serving(
            place.place(settings.root, settings.runtime),
            settings.name,
            _alias(settings),
            Secret(url) if url else None,
        )
    except AliasRefused as refusal:
        raise pulumi.RunError(str(refusal)) from None
    return [_other(name) for name in sorted(served - {settings.upstream})]


def _other(name: str) -> Output[dict[str, Any]]:
    """A belt as its stack describes it, or why it cannot be used: the way back does not depend on it."""
    reference = _stack(name)

    async def described() -> dict[str, Any]:
        try:
            return _belt(await outputs.known(name, reference))
        except OutputsRefused as refusal:
            return {"belt": name, "unreadable": str(refusal)}

    return Output.secret(described())


def _stack(name: str) -> pulumi.StackReference:
    return pulumi.StackReference(name, f"{pulumi.get_organization()}/{pulumi.get_project()}/{name}")


def _alias(settings: GatewaySettings) -> Store:
    """The alias, to see which belts it may lead to: for that nobody elsewhere is asked."""
    told = settings.elsewhere
    elsewhere = None if told is None else Elsewhere(alias=told)
    return place.alias(settings.spec.alias, settings.name, settings.runtime, elsewhere=elsewhere)


def _alias_secrets(settings: GatewaySettings, config: pulumi.Config) -> Output[dict[str, Any]]:
    """What the commands of an alias that lives elsewhere are told, and nobody else."""
    variables: Input[Any] = {}
    if names := settings.alias_environment:
        values = config.require_secret_object(ALIAS_ENV)
        variables = {name: values[name] for name in names}
    stdin: Input[str] | None = config.get_secret(ALIAS_STDIN)
    return Output.secret(Output.from_input({"variables": variables, "stdin": stdin}))


def _order(
    settings: GatewaySettings,
    deadline: timedelta,
    upstream: BeltOutputs,
    ledger: str | None,
    secrets: Mapping[str, Any],
) -> str:
    """What the gate and the writer are asked with: which belt is to serve, and where everything is."""
    spec, elsewhere = settings.spec, settings.elsewhere
    alias = {} if elsewhere is None else {ALIAS: {"settings": written(elsewhere), **secrets}}
    return json.dumps(
        {
            "version": VERSION if elsewhere is None else ELSEWHERE,
            "gateway": spec.name,
            "stack": f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}",
            "runtime": str(spec.runtime),
            "hosts": str(spec.root),
            "directory": str(spec.alias),
            "url": settings.url,
            "policy": str(settings.policy),
            "deadline": deadline.total_seconds(),
            "lift": settings.lift,
            "ledger": ledger,
            "decommission": settings.decommission,
            "upstream": _belt(upstream),
            **alias,
        },
        sort_keys=True,
    )


def _belt(belt: BeltOutputs) -> dict[str, Any]:
    return {
        "belt": belt.belt,
        "dial": belt.dial,
        "identity": identity.written(belt.identity),
        "graphql": belt.graphql,
        "adminSecret": belt.admin_secret,
        "database": belt.databases["gate"],
        "metrics": belt.metrics,
        "sources": belt.sources,
    }


def _secrets(config: pulumi.Config, policy: Policy | None) -> dict[str, dict[str, Input[str]]]:
    """What a part is told that nobody else is told, by part. URLs of chains may hold a key."""
    chains = policy.chains if policy else ()
    told = {key: config.get_secret(key) for key in (WEBHOOK_URL, WEBHOOK_SECRET, LEDGER_URL)}
    return {
        "status-endpoint": {f"RPC_{chain.id}": Output.secret(chain.rpc[0].reveal()) for chain in chains},
        "webhook-sender": {key: value for key, value in told.items() if value is not None},
    }


def _watched(policy: Policy | None) -> tuple[Watched, ...]:
    chains = policy.chains if policy else ()
    return tuple(Watched(id=chain.id, secret=True, lag_limit=chain.lag_limit) for chain in chains)


def _policy(settings: GatewaySettings) -> Policy | None:
    """The policy as far as the program needs it; one that cannot be read is for the gate to refuse."""
    try:
        return read_policy(settings.policy, os.environ)
    except MistakesError:
        return None


def _deadline(policy: Policy | None) -> timedelta:
    """How long a preview or an update of the alias may take, with all that belongs to it."""
    return policy.deadline if policy else DEFAULT_DEADLINE
