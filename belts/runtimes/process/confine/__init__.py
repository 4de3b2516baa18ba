"""What a belt may take of its host, enforced by the kernel: memory and processes, through a control group."""
