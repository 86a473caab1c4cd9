"""What the benchmarks share: a server of their own, data at scale, people that click."""
