"""`make run`: a few releases, measured, counted and judged in minutes, and told in sentences."""
