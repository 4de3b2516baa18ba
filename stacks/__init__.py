"""Pulumi programs: typed settings in, belts and the gateway out."""
