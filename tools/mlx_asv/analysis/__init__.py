"""The one analysis of a machine: what the command line says and the pages show are its frames."""
