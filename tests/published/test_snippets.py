import pytest
from mlx_asv.published.model import DamagedRow, Document, figures
from mlx_asv.published.snippets import snippets
from mlx_asv.published.text import Stated

TEXT = """\
MLX was slower than PyTorch 2.6 on my M3 Pro.
mlx_a = mx.random.uniform(0, 1, (128, 30), dtype=mx.float32)
mlx_b = mx.random.uniform(0, 1, (30, 128), dtype=mx.float32)
timeit.timeit(mlx_single_matmul, number=10000)
That results in 1.15 seconds. For PyTorch:
torch_a = torch.rand((128, 30), device="mps")
torch_b = torch.rand((30, 128), device="mps")
timeit.timeit(torch_single_matmul, number=10000)
0.21 seconds.
"""


def test_times_in_prose_are_tables_of_one_number():
    """With machine, shapes, number of calls and the line of the number."""
    mlx, torch = snippets(TEXT, Stated())
    assert (mlx.machine, mlx.release, mlx.torch) == ("M3 Pro", None, None)
    assert torch.torch == "2.6"
    (row,) = mlx.rows
    assert (row.line, row.label, row.cells) == (5, "MatMul / dim=128x30 dim=30x128", ("1.15",))
    first, second = figures([Document("d", "", "", "", (mlx, torch))])
    assert (first.backend, first.case) == ("mlx_gpu", "128x30 30x128")
    assert first.milliseconds == pytest.approx(0.115)
    assert (second.backend, second.line) == ("mps", 9)
    assert second.milliseconds == pytest.approx(0.021)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("0.21 seconds", "soon", "line 8: its time is not given"),
        ("That results in 1.15 seconds. For PyTorch:", "", "line 4: its time is not given"),
        ("mlx_single_matmul", "mlx_something", "line 4: the operation"),
        ("M3 Pro", "Mac", "line 4: no machine is named"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(before, after, what):
    """A call without its time, of an unknown operation, on no machine."""
    found = list(snippets(TEXT.replace(before, after), Stated()))
    assert any(isinstance(each, DamagedRow) and str(each).startswith(what) for each in found)


def test_text_without_timeit_has_none():
    """Seconds alone say nothing."""
    assert list(snippets("It took 3 seconds on an M1.", Stated())) == []
