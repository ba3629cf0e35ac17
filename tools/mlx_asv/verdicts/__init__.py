"""Which release made what slower: verdicts from effects, and what is known of each."""
