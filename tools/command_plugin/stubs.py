"""The SDK's gRPC stubs without the SDK: loading all of it would take most of each start of the plugin."""

import importlib.util
import sys
from types import ModuleType


def alone() -> None:
    """Make `pulumi.runtime.proto` importable in this process without what its parents load."""
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the SDK `pulumi` is not in this environment; run `make setup`")
    [sdk] = spec.submodule_search_locations
    for name, path in (("pulumi", sdk), ("pulumi.runtime", f"{sdk}/runtime")):
        parent = ModuleType(name)
        parent.__path__ = [path]
        sys.modules[name] = parent
