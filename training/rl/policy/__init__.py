"""A causal model that writes chains of thought: loading, sampling, alignment of steps."""
