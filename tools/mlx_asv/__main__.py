"""``python -m mlx_asv`` is ``mlx-asv``."""

from mlx_asv.cli import main

if __name__ == "__main__":
    main(prog_name="mlx-asv")
