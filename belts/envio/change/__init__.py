"""What a change of a belt's Envio project means: by its meaning, and not by its digest."""
