"""The alias: who serves, who may serve next, how a certificate is made, and how the alias moves."""
