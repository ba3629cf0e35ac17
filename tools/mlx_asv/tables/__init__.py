"""mlx-benchmark's tables, of what was measured here and of what others published."""
