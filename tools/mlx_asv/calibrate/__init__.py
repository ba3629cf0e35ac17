"""The tool measures itself: false alarms, and slowdowns of a known size that it must find."""
