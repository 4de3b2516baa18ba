"""The Pulumi programs under the real engine."""
