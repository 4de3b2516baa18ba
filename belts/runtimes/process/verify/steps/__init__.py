"""The steps of the suite, one file each."""
