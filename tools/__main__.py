"""``python -m tools`` is ``mlx-asv``."""

from tools.cli import main

if __name__ == "__main__":
    main(prog_name="mlx-asv")
