"""Which row of which table a case of the suite is."""

from mlx_asv.facts import CaseFacts
from mlx_asv.published.labels import Label

from .models import model_label
from .operations import operation_label

#: What the suite calls the tables.
OPERATIONS, MODELS = "operations", "models"


def row_label(case: CaseFacts | None) -> Label | None:
    """What the row is called; None if the case is none."""
    if case is None or case.table not in (OPERATIONS, MODELS):
        return None
    try:
        return model_label(case) if case.table == MODELS else operation_label(case)
    except ValueError:
        return None
