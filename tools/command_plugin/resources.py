"""The resources and the function that this plugin provides."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.command_plugin.fields import LOCAL, REMOTE, RUN, Fields
from tools.command_plugin.jobs import Runner, run_here, run_there


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One resource type: its inputs, and where its commands run."""

    fields: Fields
    run: Runner


RESOURCES: Mapping[str, Resource] = {
    "command:local:Command": Resource(fields=LOCAL, run=run_here),
    "command:remote:Command": Resource(fields=REMOTE, run=run_there),
}
FUNCTIONS: Mapping[str, Resource] = {"command:local:run": Resource(fields=RUN, run=run_here)}
