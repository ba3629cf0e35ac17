"""A suite whose cases have several parameters, and values that look alike."""
