"""The suite that runs a release, without a process."""
