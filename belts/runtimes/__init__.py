"""One module for each place a belt can run: what a spec becomes there. Pure; nothing here touches a host."""
