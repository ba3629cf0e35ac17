"""What is wrong with a suite, in a sentence for the user."""


class SuiteError(Exception):
    """The suite, or its configuration, cannot be swept; says what to do."""
