"""An alias that lives elsewhere, moved and told by two commands, and what is remembered of it here."""
