"""What a certificate remembers of the belt that it is for."""
