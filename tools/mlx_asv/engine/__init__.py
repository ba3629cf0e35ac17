"""The machinery of all measurements: plans, policies, executors, and the loop that joins them."""
