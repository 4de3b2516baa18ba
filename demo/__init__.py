"""Two real belts on six local chains, and the alias moved from one to the other under a consumer's eyes."""
