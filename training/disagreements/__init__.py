"""Where the reward model and people differ."""
