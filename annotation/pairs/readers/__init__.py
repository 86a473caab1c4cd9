"""Readers of pairs: each yields a row or an error with its line, streamed. No Django."""
