"""An asv suite that turns its own clock, and writes down what is done to it, for the tests."""
