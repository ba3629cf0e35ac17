"""`asv run` and `asv continuous` by the engine: asv's options, words and status."""

from mlx_asv.engine.session import ERRORS as MEASURING
from mlx_asv.verdicts.accepted import AcceptedError

#: What they may raise, each with one sentence for the user.
ERRORS = (*MEASURING, AcceptedError)
