import io
import re
from math import log

import polars as pl
import pytest
from mlx_asv.analysis.figures import agreement, figures, largest, spreads
from mlx_asv.analysis.summary import print_figures
from mlx_asv.effects.lives import life_levels
from mlx_asv.effects.series import SERIES, series
from mlx_asv.metric import INSTRUCTIONS
from mlx_asv.verdicts.reading import READINGS, readings
from rich.console import Console

from tests.verdicts.counts import counted
from tests.verdicts.truth import MANY, QUIET, judged, levels, mixed


def steps(*effects, confirmed=True):
    """Steps with these effects of time and of instructions, all of them changes."""
    rows = [
        {
            "time_effect": time,
            "instructions_effect": counts,
            "time_verdict": "slower",
            "instructions_verdict": "more instructions",
            "confirmed": confirmed,
        }
        for time, counts in effects
    ]
    return pl.DataFrame(rows, schema=READINGS)


def test_effects_that_rank_alike_agree():
    """Whatever their sizes are; the other way round they do not."""
    assert agreement(steps((0.1, 1.0), (0.2, 1.1), (0.3, 9.0))).correlation == pytest.approx(1)
    assert agreement(steps((0.1, 9.0), (0.2, 1.1), (0.3, 1.0))).correlation == pytest.approx(-1)


def test_only_confirmed_steps_that_were_counted_are_ranked():
    """Of two, or of equal ones, there is no correlation."""
    found = agreement(
        pl.concat([steps((0.1, 1.0), (0.2, None), (0.3, 2.0)), steps((9.0, 0.1), confirmed=False)])
    )
    assert (found.steps, found.correlation) == (2, None)
    assert agreement(steps((0.1, 1.0), (0.2, 1.0), (0.3, 1.0))).correlation is None
    assert agreement(steps()).steps == 0


def test_largest_changes_of_instructions_come_first():
    """In either direction; what is no change, however large, is none of them."""
    vague = steps((0.1, 5.0)).with_columns(instructions_verdict=pl.lit("inconclusive"))
    fewer = steps((0.1, -0.4)).with_columns(instructions_verdict=pl.lit("fewer instructions"))
    found = largest(pl.concat([steps((0.1, 0.2), (0.1, 0.3)), vague, fewer]), most=2)
    assert found["instructions_effect"].to_list() == [-0.4, 0.3]


def test_spread_of_equal_releases_is_told_by_size():
    """Of each metric by itself: pairs, median, 95th percentile, largest, without their sign."""
    small = counted(0.0, spread=2e-3, calls=4e4)
    large = counted(0.0, spread=1e-5).with_columns(case=pl.lit("large"))
    found = spreads(series(life_levels(pl.concat([small, large]))))
    assert found["size"].to_list() == [
        "1 k instructions to 1 M instructions",
        "1 M instructions to 1 G instructions",
    ]
    assert found["metric"].to_list() == [INSTRUCTIONS.name] * 2
    assert found["pairs"].to_list() == [len(MANY)] * 2
    ((_, low, _), (_, most, _)) = found.select("median", "most", "largest").iter_rows()
    assert most < 1e-4 < low < 2e-2
    assert (found["median"] <= found["most"]).all() and (found["most"] <= found["largest"]).all()
    assert spreads(pl.DataFrame(schema=SERIES)).is_empty()


def printed(*observed):
    """The figures of all that was observed."""
    frame = pl.concat(observed)
    console = Console(file=io.StringIO(), width=160)
    found = figures(readings(judged(frame).verdicts), series(life_levels(frame)))
    print_figures(found, console)
    return console.file.getvalue()


def test_figures_are_printed():
    """Shares by backend and family, the A/A spread, the largest steps with both effects."""
    swept = mixed(QUIET, levels(0.0), levels(0.2), MANY[:2])
    text = printed(swept, counted(log(1.2), those=MANY[:1]))
    assert re.search(r"mlx_cpu +│ +12 │ +100 % │ +100 % │ +100 %", text)
    assert re.search(r"ops +│ +12 │ +100 % │ +100 % │ +100 %", text)
    size = "instructions, 1 M instructions to 1 G instructions"
    assert re.search(size + r" +│ +12 │ +0\.0\d\d+%", text)
    assert re.search(r"Operation0 8x8 mlx_cpu +│ +v1 → v2 │ +\+2\d\.\d% \(slower\) │ +\+\d+", text)
    assert "on 0 steps whose change of time is confirmed: unknown" in text
    assert INSTRUCTIONS.unseen in text


def test_where_nothing_was_counted_time_alone_is_told():
    """Neither a share by instructions nor by either; and the other way round."""
    text = printed(QUIET.observe(levels(0.0)))
    assert re.search(r"mlx_cpu +│ +12 │ +100 % │\n", text)
    assert "nstructions" not in text and "Spearman" not in text
    counts = printed(counted(0.1))
    assert "either" not in counts and "Spearman" not in counts


def test_of_nothing_there_are_no_figures():
    """The tables are empty."""
    console = Console(file=io.StringIO(), width=160)
    nothing = figures(pl.DataFrame(schema=READINGS), pl.DataFrame(schema=SERIES))
    print_figures(nothing, console)
    assert nothing.judged == [] and nothing.spreads.is_empty()
