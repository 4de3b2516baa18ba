"""Which inputs the plugin takes."""

import pytest

from tools.command_plugin.fields import LOCAL, REMOTE, completed, failures
from tools.command_plugin.values import UNKNOWN, Value, plain, secret


def paths(given: dict[str, Value]) -> set[str]:
    """The paths of the inputs that are refused, of a remote command if there is a connection."""
    return {failure.path for failure in failures(REMOTE if "connection" in given else LOCAL, given)}


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"create": "x", "stdin": UNKNOWN, "environment": {"A": secret("x")}}, set()),
        ({"environment": UNKNOWN, "triggers": [1, {"a": None}]}, set()),
        ({"create": 5.0, "stdin": True}, {"create", "stdin"}),
        ({"environment": {"A": 5.0, "B": "x"}}, {"environment[A]"}),
        ({"environment": secret({"A": secret(5.0)})}, {"environment[A]"}),
        ({"interpreter": "sh"}, {"interpreter"}),
        ({"interpreter": ["sh", 1.0]}, {"interpreter[1]"}),
        ({"addPreviousOutputInEnv": 1.0}, {"addPreviousOutputInEnv"}),
        ({"connection": {}}, {"connection.host"}),
        ({"connection": secret({"host": "h", "port": "22"})}, {"connection.port"}),
        ({"connection": {"host": "h", "dialErrorLimit": 1.5}}, {"connection.dialErrorLimit"}),
        ({"connection": {"host": "h", "proxy": {"port": 1.0}}}, {"connection.proxy.host"}),
        ({"connection": "h"}, {"connection"}),
    ],
)
def test_type_of_an_input(given: dict[str, Value], refused: set[str]) -> None:
    """Every input of the wrong type is refused by its path; what is not known yet is not."""
    assert paths(given) == refused


def test_no_connection() -> None:
    """A remote command without a connection is refused."""
    assert {failure.path for failure in failures(REMOTE, {"create": "x"})} == {"connection"}


def test_defaults_of_a_connection() -> None:
    """A connection becomes secret, with the defaults of every field, in the proxy too."""
    found = completed(REMOTE, {"connection": {"host": "h", "proxy": secret({"host": "p"})}, "other": 1.0})
    rest = {"port": 22, "user": "root", "dialErrorLimit": 10, "perDialTimeout": 15}
    assert set(found) == {"connection"}
    assert found["connection"] == secret({"host": "h", **rest, "proxy": secret({"host": "p", **rest})})
    assert plain(found)["connection"]["proxy"]["host"] == "p"
