"""What a certificate records of its belt."""
