"""What the chains say of a candidate: goldens, sampled windows of blocks, and why they are to be believed."""
