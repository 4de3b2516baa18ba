"""Who is let in to a belt's database from other hosts, and how."""
