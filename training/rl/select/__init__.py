"""Which prompts and rollouts to train on, and in what order."""
