"""Operations whose cases grow until one call would take minutes."""

import os

from .operation import CALL_LIMIT, Operation
from .resources import remember


class Growing(Operation):
    """Does not try a case when a smaller one cannot be measured.

    Whether a call is too long is found out by making it: without this, the product of two
    8192x8192 matrices would keep a CPU for minutes, to be skipped.
    """

    def smaller(self, case: str) -> str | None:
        """The next smaller case: by default the one before it, None for the first."""
        position = self.cases.index(case)
        return self.cases[position - 1] if position else None

    def setup(self, *values: str) -> None:
        """As any operation's; a skip, too, where the next smaller case is one.

        A case whose error is tracked need not be one of those that grow: there is none smaller.
        """
        case, *others = values
        grows = case in self.cases and getattr(self, "_prepared", None) != values
        if grows and (smaller := self.smaller(case)) is not None:
            limit = os.environ.get("MLX_ASV_CALL_LIMIT", CALL_LIMIT)
            words = " ".join((smaller, *others))
            question = f"{type(self).__name__} {words} {limit}: is it skipped?"
            if reason := remember(question, lambda: self._skipped(smaller, *others)):
                raise NotImplementedError(reason)
        super().setup(*values)

    def _skipped(self, case: str, *others: str) -> str:
        """Why `case` is skipped, "" if it is not."""
        try:
            type(self)().setup(case, *others)  # another object: what it holds is given back
        except NotImplementedError as error:
            reason = str(error)
            return reason if reason.startswith("already") else f"already {case}: {reason}"
        return ""
