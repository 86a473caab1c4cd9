"""People, simulated or replayed: they enter through the same services as the labelling page."""
