"""The sweep: many releases and cases, measured until all intervals are narrow."""
