"""Step rewards and advantages."""
