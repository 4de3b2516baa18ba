"""Belts of different releases of Envio, beside each other on the same chains."""
