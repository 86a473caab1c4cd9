"""A small policy of one's own catalogue: its tokenizer and its first weights, on a CPU, without
a model from elsewhere."""
