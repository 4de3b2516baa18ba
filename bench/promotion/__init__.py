"""The duration of moving the alias to a proved belt, compared with moving it back."""
