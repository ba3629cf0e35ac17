"""Observations: Parquet files that are only added, a row for each value of a visit or a life."""
