"""What a release of Envio was seen to do, as facts, and what differs from those of the releases known."""
