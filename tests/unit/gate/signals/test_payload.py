"""An announcement as it goes over the wire."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from belts import webhook
from gate.ledger.outbox import Announcement
from gate.signals.webhook import payload

KEY = b"a key of twenty-four byt"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
TOLD = Announcement(
    key=UUID(int=7), payload={"kind": "promotion", "belt": "green", "move": 2}, attempts=0, rested=None
)


def test_the_same_bytes_each_time() -> None:
    """A listener that keeps a digest beside the key sees no difference between two attempts."""
    one = payload.write(TOLD, key=KEY, now=NOW)
    other = payload.write(TOLD, key=KEY, now=NOW + timedelta(minutes=5))
    assert one.body == other.body == b'{"belt":"green","kind":"promotion","move":2}'
    assert one.headers["idempotency-key"] == other.headers["idempotency-key"] == str(UUID(int=7))
    assert one.headers["webhook-timestamp"] != other.headers["webhook-timestamp"]


def test_a_signature() -> None:
    """It is over the key, the second and the body, so that none of them can be another's."""
    sent = payload.write(TOLD, key=KEY, now=NOW)
    signed = f"{sent.headers['webhook-id']}.{sent.headers['webhook-timestamp']}.".encode() + sent.body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert sent.headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(sent.body) == TOLD.payload


def test_the_example_of_the_specification() -> None:
    """The signature is the one that the Standard Webhooks specification's own libraries compute."""
    key = webhook.key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert key is not None
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    signature = Webhook(key).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body.decode())
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7, minutes=-30))])
def test_a_listener_that_verifies(zone: timezone) -> None:
    """It takes what was sent now, wherever the sender is, and nothing that was changed on the way."""
    sent = payload.write(TOLD, key=KEY, now=datetime.now(zone))
    listener = Webhook(f"whsec_{base64.b64encode(KEY).decode()}")
    assert listener.verify(sent.body, dict(sent.headers)) == TOLD.payload
    for changed in ({"webhook-id": str(UUID(int=8))}, {"webhook-timestamp": "1"}):
        with pytest.raises(WebhookVerificationError):
            listener.verify(sent.body, {**sent.headers, **changed})
    with pytest.raises(WebhookVerificationError):
        listener.verify(sent.body.replace(b"green", b"blue"), dict(sent.headers))


def test_without_a_key() -> None:
    """Nothing is signed, and nothing says so falsely."""
    assert "webhook-signature" not in payload.write(TOLD, key=None, now=NOW).headers
