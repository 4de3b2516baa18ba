"""The package schema, which the tools that generate SDKs and documentation read."""

from typing import Any

from tools.command_plugin import NAME, VERSION
from tools.command_plugin.fields import CONNECTION, PROXY, Fields
from tools.command_plugin.fields import schema as shape_schema
from tools.command_plugin.resources import FUNCTIONS, RESOURCES

_TEXT = {"type": "string"}
_PRINTED: dict[str, Any] = {"stdout": _TEXT, "stderr": _TEXT}
_FOUND: dict[str, Any] = {
    "assets": {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Asset"}},
    "archive": {"$ref": "pulumi.json#/Archive"},
}


def schema() -> dict[str, Any]:
    """The schema of what this stand-in provides, which is less than the real plugin."""
    return {
        "name": NAME,
        "version": VERSION,
        "types": {
            "command:remote:Connection": _type(CONNECTION),
            "command:remote:ProxyConnection": _type(PROXY),
        },
        "provider": {},
        "resources": {
            token: {
                "properties": {**_properties(resource.fields), **_outputs(resource.fields)},
                "required": [*_required(resource.fields), *_PRINTED],
                "inputProperties": _properties(resource.fields),
                "requiredInputs": _required(resource.fields),
            }
            for token, resource in RESOURCES.items()
        },
        "functions": {
            token: {
                "inputs": _type(function.fields),
                "outputs": {
                    "type": "object",
                    "properties": {**_properties(function.fields), **_outputs(function.fields)},
                    "required": [*_required(function.fields), *_PRINTED],
                },
            }
            for token, function in FUNCTIONS.items()
        },
    }


def _outputs(fields: Fields) -> dict[str, Any]:
    return {**_PRINTED, **_FOUND} if "assetPaths" in fields else _PRINTED


def _type(fields: Fields) -> dict[str, Any]:
    return {"type": "object", "properties": _properties(fields), "required": _required(fields)}


def _required(fields: Fields) -> list[str]:
    return [name for name, field in fields.items() if field.required]


def _properties(fields: Fields) -> dict[str, Any]:
    found = {}
    for name, field in fields.items():
        found[name] = shape_schema(field.shape)
        if field.secret:
            found[name]["secret"] = True
        if field.default is not None:
            found[name]["default"] = field.default
        if name == "triggers":
            found[name]["replaceOnChanges"] = True
    return found
