"""The user agent by which a belt's engine distinguishes the gate from consumers."""

AGENT = "belts-gate"
HEADERS = {"user-agent": AGENT}
