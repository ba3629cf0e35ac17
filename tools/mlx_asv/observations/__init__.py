"""What was measured: append-only Parquet, one row for each visit of an arm."""
