"""What a change of a belt's Envio project means: judged by its content, not by its digest."""
