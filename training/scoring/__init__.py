"""The reward model's verdicts on steps."""
