"""Where what a stack declares is brought up, by the stack's word for it: a further place is one line."""

from collections.abc import Callable, Mapping
from typing import Protocol

from belts.pulumi import ownership
from belts.pulumi.here import Here
from belts.runtimes.process.wire import request
from belts.spec.runtime import Runtime


class Declared(request.Declared, Protocol):
    """What a stack declares, and where it is to run."""

    @property
    def runtime(self) -> Runtime: ...
    @property
    def adopt(self) -> str | None: ...


def _here(spec: Declared, name: str, retirement: str | None) -> Here:
    requests = request.written(spec, host=ownership.host_of(spec.root))
    return Here(requests, name=name, retirement=retirement, adopt=spec.adopt)


PLACES: Mapping[Runtime, Callable[[Declared, str, str | None], Here]] = {
    Runtime.PROCESS: _here,
    Runtime.URL: _here,  # the edge, which is all that runs of it for us
}


def place_of(spec: Declared, *, name: str, retirement: str | None = None) -> Here:
    """The place that carries out what the spec asks for.

    `name` is that of the hook which asks the place beforehand, `retirement` that of the one which asks it
    before anything goes.
    """
    return PLACES[spec.runtime](spec, name, retirement)
