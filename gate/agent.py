"""The name by which a belt's engine knows that the gate asks, and no consumer."""

AGENT = "belts-gate"
HEADERS = {"user-agent": AGENT}
