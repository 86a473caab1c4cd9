"""Sampling chains of thought from a policy."""
