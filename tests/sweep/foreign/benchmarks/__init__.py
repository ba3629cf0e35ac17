"""A small suite of NumPy, for `mlx-asv sweep`."""
