"""What a belt may take of its host, and what judged code may reach, enforced by the kernel."""
