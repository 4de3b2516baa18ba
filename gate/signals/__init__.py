"""What a gateway tells the world: the status endpoint for whoever asks, webhooks for whoever listens."""
