"""What plain asv loads in a clone of this repository: the plugin of `mlx_asv`, beside this file.

asv finds it by its link in the top folder, under a name that is nobody else's. Elsewhere `mlx_asv`
is installed, and asv.conf.json names ``.mlx_asv.asv_edge.plugin`` itself.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mlx_asv.asv_edge.plugin import setup

__all__ = ["setup"]
