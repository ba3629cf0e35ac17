"""What every measurement stands on: what was begun, processes, files, progress, and the end."""
