"""The row, and the table of it, that a case of the suite belongs to."""

from mlx_asv.facts import CaseFacts
from mlx_asv.published.labels import Label

from .models import model_label
from .operations import operation_label

#: The suite's names of the tables.
OPERATIONS, MODELS = "operations", "models"


def row_label(case: CaseFacts | None) -> Label | None:
    """The label of a case's row; None if the case has no row."""
    if case is None or case.table not in (OPERATIONS, MODELS):
        return None
    try:
        return model_label(case) if case.table == MODELS else operation_label(case)
    except ValueError:
        return None
