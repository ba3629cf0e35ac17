"""The sweep: plans block sets, runs them within a budget, keeps what they found."""
