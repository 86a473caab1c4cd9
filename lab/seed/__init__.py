"""Making the shipped policy, and the baselines it is measured against."""

import training.rl  # noqa: F401  # its settings must be in place before torch loads
