"""First chains of thought that somebody brings along in a file."""
