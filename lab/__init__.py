"""What plays the whole circle: sample, simulated people, comparisons, seed policy."""
