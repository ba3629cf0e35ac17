"""Benchmarks of a package that tests make up, each release of which does what it is told."""
