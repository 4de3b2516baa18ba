"""What a belt may take of its host, and what the code that is judged may reach, enforced by the kernel."""
