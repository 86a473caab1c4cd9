"""Servers of models: which may be called, and the protocol. No Django, no torch."""
