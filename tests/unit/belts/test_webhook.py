"""What a webhook sender is told, before anything is announced."""

import base64

import pytest

from belts import webhook
from belts.urls import is_http

GOOD = "whsec_" + base64.b64encode(b"k" * 32).decode()
LISTENER = "https://listener.example/hooks/T0KEN"


def test_what_is_right() -> None:
    """A URL, and a key where announcements are signed."""
    assert webhook.mistakes({webhook.URL: LISTENER}) == ()
    assert webhook.mistakes({webhook.URL: LISTENER, webhook.SECRET: GOOD}) == ()
    assert webhook.key(GOOD) == b"k" * 32


@pytest.mark.parametrize("url", ["", "T0KEN", "ftp://T0KEN", "https://", "http://[T0KEN", "http://x:T0KEN/"])
def test_what_is_no_listener(url: str) -> None:
    """It is refused by what was expected, and never shown."""
    assert not is_http(url)
    (mistake,) = webhook.mistakes({webhook.URL: url})
    assert "T0KEN" not in str(mistake)


@pytest.mark.parametrize(
    "secret",
    ["hush", GOOD.removeprefix("whsec_"), "whsec_", "whsec_hush", "whsec_####", "whsec_" + "a" * 100],
)
def test_what_is_no_key(secret: str) -> None:
    """A key that a listener's library could not read is refused: its messages would all be turned away."""
    (mistake,) = webhook.mistakes({webhook.URL: LISTENER, webhook.SECRET: secret})
    assert "whsec_" in str(mistake)
    assert secret not in str(mistake) or secret == "whsec_"
