"""Pairs of a query and a product: reading files, writing rows, imports as jobs."""
