"""How good the labels are: agreement, guidelines, stale labels, progress, projects."""
