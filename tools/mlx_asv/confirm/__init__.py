"""Two releases measured afresh, for as long as it takes to decide which is slower."""
