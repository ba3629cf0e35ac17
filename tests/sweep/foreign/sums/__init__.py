"""Benchmarks of a package that tests make up: numbers that they compute."""
