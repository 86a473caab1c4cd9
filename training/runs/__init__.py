"""Training runs: launching, watching, checkpoints, results."""
