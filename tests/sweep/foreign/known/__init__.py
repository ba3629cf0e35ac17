"""Benchmarks that take as long as they say, to see what a sweep makes of it."""
