"""An asv suite whose truth is known: kernels that are called an exact number of times."""
