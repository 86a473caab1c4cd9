"""The generative stepwise reward model: training, judging, serving."""
