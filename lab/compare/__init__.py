"""``python -m lab.compare``: methods side by side on the same pairs, over seeds.

An *arm* is a run configuration with a name; a *cell* is one arm with one seed, and is an
ordinary run folder. Cells are kept, so that a comparison that was stopped goes on and two
suites share the arms they have in common.
"""

import training.rl  # noqa: F401  # its settings must be in place before torch loads
