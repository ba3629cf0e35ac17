"""Benchmarks that go wrong, for `mlx-asv sweep`."""
