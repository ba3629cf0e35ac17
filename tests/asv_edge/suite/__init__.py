"""A small asv suite that behaves badly in single cases, for the tests."""
