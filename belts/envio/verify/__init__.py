"""What a release of Envio was seen to do, as facts, and how they differ from those of known releases."""
