"""Step rewards, without torch or Django: for the trainer, and for whoever repeats it."""
