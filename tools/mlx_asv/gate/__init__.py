"""The gate before a merge: two builds of the package, and whether the later one is slower."""
