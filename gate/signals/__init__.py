"""What a gateway publishes: a status endpoint to ask, and webhooks to listen to."""
