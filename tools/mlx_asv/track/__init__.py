"""Counts of instructions: what a call of each release executes, exactly, beside any load."""
