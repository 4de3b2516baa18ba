"""The move of the alias, measured: under load, by the writer and by `pulumi up`, beside three other ways."""
