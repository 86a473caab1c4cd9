"""Baselines that are no language model: they answer with a tier and give no reasons."""
