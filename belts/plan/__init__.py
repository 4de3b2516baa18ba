"""What a change of an Envio project would mean for a belt, without a belt to ask."""
