from mlx_asv.bench import lines


def test_what_is_added_is_read(tmp_path):
    """In its order; the folder is made, and no file is no line."""
    path = tmp_path / "new" / "found.jsonl"
    assert lines.read(path) == []
    for value in ({"effect": None}, ["a\u2028b", 1.5]):
        lines.add(path, value)
    assert lines.read(path) == [{"effect": None}, ["a\u2028b", 1.5]]


def test_half_a_line_is_none(tmp_path):
    """Of a program that was killed while it wrote: it is passed over, and the next takes its
    place."""
    path = tmp_path / "found.jsonl"
    lines.add(path, [1])
    whole = path.read_bytes()
    for half in (b"[2", b"[2]", b'["\xc3'):
        path.write_bytes(whole + half)
        assert lines.read(path) == [[1]]
        lines.add(path, [3])
        assert lines.read(path) == [[1], [3]]


def test_nothing_but_half_a_line(tmp_path):
    """The program was killed at once."""
    path = tmp_path / "found.jsonl"
    path.write_text('{"case"')
    assert lines.read(path) == []
    lines.add(path, {})
    assert lines.read(path) == [{}]
