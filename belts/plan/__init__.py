"""What a change of an Envio project would mean for a belt, told before anybody has a belt to ask."""
