"""The program of the gateway's stack: Caddy, and the alias that says which belt it serves."""

import json

import pulumi
from pulumi_command import local

from belts.place import Here
from belts.runtimes import process
from gate.promotion.served import identity_digest
from stacks import outputs
from stacks.outputs import BeltOutputs
from stacks.settings import GatewaySettings


def declare(settings: GatewaySettings) -> None:
    """Declare the gateway, then move the alias to the belt that the config names."""
    spec = settings.spec
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{settings.upstream}"
    upstream = outputs.read(settings.upstream, pulumi.StackReference(settings.upstream, stack))
    place = Here({"caddy": process.gateway(spec)}, name="gateway-host-check")
    caddy = place.carry_out("caddy", "caddy", once=upstream)
    alias = local.Command(
        "alias",
        interpreter=["python", "-m", "gate.alias"],
        create="apply",
        update="apply",
        delete="remove",
        stdin=pulumi.Output.unsecret(upstream.apply(lambda belt: _move(settings, belt))),
        add_previous_output_in_env=False,
        logging=local.Logging.STDERR,
        opts=pulumi.ResourceOptions(depends_on=[caddy.resource]),
    )
    pulumi.export("url", f"{spec.url}/v1/graphql")
    pulumi.export("serving", alias.stdout.apply(lambda answer: json.loads(answer)["serves"]["belt"]))
    pulumi.export(
        "previous", alias.stdout.apply(lambda answer: (json.loads(answer)["left"] or {}).get("belt"))
    )


def _move(settings: GatewaySettings, belt: BeltOutputs) -> str:
    """The request that makes the alias serve this belt; nothing in it is secret."""
    request = {
        "gateway": settings.spec.name,
        "directory": str(settings.spec.alias),
        "belt": belt.belt,
        "dial": belt.dial,
        "identity": identity_digest(belt.identity),
    }
    return json.dumps(request, indent=1)
