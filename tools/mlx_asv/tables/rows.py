"""Which row of which table a benchmark of the suite is."""

from functools import cache

from mlx_asv.axes import USUAL_METHOD, Name
from mlx_asv.published.labels import Label

from .models import model_label
from .operations import operation_label

#: The family of benchmarks that are models, and those that are no operations either.
MODELS = "models"
APART = ("dispatch",)


@cache
def is_row(benchmark: str, models: bool) -> bool:
    """Whether a benchmark is a row of the tables of operations, or of models."""
    name = Name(benchmark)
    if not name.of_class or name.method != USUAL_METHOD:
        return False
    return name.family == MODELS if models else name.family not in (MODELS, *APART)


def row_label(benchmark: str, case: str) -> Label | None:
    """What the row is called; None if it is none."""
    is_model = is_row(benchmark, models=True)
    if not is_model and not is_row(benchmark, models=False):
        return None
    name = Name(benchmark).operation
    try:
        return model_label(name, case) if is_model else operation_label(name, case)
    except ValueError:
        return None
