"""What is wrong with a suite, in a sentence for the user."""


class SuiteError(Exception):
    """The suite, or its configuration, cannot be swept; says what to do."""


class NothingSelected(SuiteError):
    """No case is selected that changes with the release and is timed; says what to select."""
