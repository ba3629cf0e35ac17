import json
from math import inf, log, nan

from mlx_asv.bench.report import Figures, Goal, percent, share


def test_percentages_are_those_of_ratios():
    """log 1.05 is 5 %; nothing known is infinite."""
    assert percent(log(1.05)) == "5.0"
    assert percent(log(0.95), 2) == "-5.00"
    assert percent(inf) == "∞"
    assert share(1, 8) == "1 of 8 (12%)"
    assert share(0, 0) == "none"


def test_a_table_measured_again_replaces_its_own_figures_only(tmp_path):
    """And what JSON has no word for is null."""
    path = tmp_path / ".asv/bench.json"
    Figures(path, {"machine": "old"}).save("aa", {"x": 1}, [])
    Figures(path, {"machine": "old"}).save("overhead", {"x": 1}, [])
    goal = Goal("small", True, "0.1 %")
    Figures(path, {"machine": "new"}).save("aa", {"half": [inf, nan, 1.0]}, [goal])
    tables = json.loads(path.read_text())["tables"]
    assert list(tables) == ["aa", "overhead"]
    assert tables["overhead"]["machine"] == "old"
    assert tables["aa"]["machine"] == "new"
    assert tables["aa"]["half"] == [None, None, 1.0]
    assert tables["aa"]["goals"] == [{"goal": "small", "reached": True, "value": "0.1 %"}]


def test_a_damaged_file_is_begun_anew(tmp_path):
    """It holds nothing that cannot be measured again."""
    path = tmp_path / "bench.json"
    path.write_text('{"tables": {"aa"')
    Figures(path, {}).save("aa", {"x": 1}, [])
    assert json.loads(path.read_text())["tables"]["aa"]["x"] == 1
