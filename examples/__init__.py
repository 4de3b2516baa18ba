"""What the demo and the tests index: contracts, local chains with traffic, and an Envio project."""
