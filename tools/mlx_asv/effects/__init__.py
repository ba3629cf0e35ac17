"""How much more one release takes than another, with intervals: pure functions on frames."""
