"""Label Studio, driven with the same work on the same machine."""
