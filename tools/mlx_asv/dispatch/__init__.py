"""`mlx-asv dispatch`: what a small product costs besides its arithmetic, as tables and plots."""
