"""The gateway on a real Caddy, and belts under the real engine."""
