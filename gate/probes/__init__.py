"""Looking at the belts and the chains: each probe looks at one thing, and never judges."""
