"""The published history: numbers that others measured and printed, read from their documents."""
