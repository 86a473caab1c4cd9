"""The built-in sample: a small shop world with true answers, reproducible from a seed. Pure."""
