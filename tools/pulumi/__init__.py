"""Where the Pulumi engine comes from: the machine, the official release, or its source code."""
