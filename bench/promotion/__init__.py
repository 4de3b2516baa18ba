"""What moving the alias to a belt that is proved takes beside moving it back."""
