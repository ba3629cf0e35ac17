"""How much faster or slower, with intervals: pure functions on frames of observations."""
