"""The releases that exist, their wheels, and those of them that fit this machine."""
