"""Versions as PEP 440 has them, for property tests."""

from hypothesis import strategies as st
from packaging.version import Version

_NUMBER = st.integers(0, 40)


@st.composite
def versions(draw: st.DrawFn) -> str:
    """A version in its normal spelling: epochs, candidates, rebuilds, nightlies, local parts."""
    text = ".".join(map(str, draw(st.lists(_NUMBER, min_size=1, max_size=4))))
    if epoch := draw(st.integers(0, 2)):
        text = f"{epoch}!{text}"
    endings = (
        st.just("") | st.builds("{}{}".format, st.sampled_from(["a", "b", "rc"]), _NUMBER),
        st.just("") | st.builds(".post{}".format, _NUMBER),
        st.just("") | st.builds(".dev{}".format, _NUMBER),
        st.just("") | st.sampled_from(["+cpu", "+cu12.1", "+7"]),
    )
    text += "".join(draw(ending) for ending in endings)
    assert str(Version(text)) == text
    return text


#: Tags of releases, some with a v and some without.
tags = st.builds("{}{}".format, st.sampled_from(["v", ""]), versions())
