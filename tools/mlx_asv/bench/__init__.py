"""What mlx-asv's own measurements are worth on this machine: ``python -m mlx_asv.bench``."""
