"""Revisions installed side by side, and the conditions under which they are measured."""
