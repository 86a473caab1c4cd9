"""``manage.py campaign``: which order of the queue needs the fewest labels.

A *cell* is an order with a seed at a number of labels, and is an ordinary SRPO run folder that
goes on from the policy of the cell before it. Cells are kept: the same command goes on.
"""

import training.rl  # noqa: F401  # its settings must be in place before torch loads
