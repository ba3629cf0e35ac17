"""Putting a release's wheels beside each other, and the conditions they are measured under."""
