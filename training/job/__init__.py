"""The contract of a run folder, which Django and the trainer both import. Pure, no torch."""
