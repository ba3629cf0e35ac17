"""Measuring many releases next to each other: workers, block sets, the order they are visited."""
