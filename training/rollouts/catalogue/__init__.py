"""The catalogue writer: a CoT without a model, from the query and the product's own lines.
Pure."""
