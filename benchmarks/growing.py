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

    def setup(self, case: str, backend: str) -> None:
        """As any operation's; a skip, too, where the next smaller case is one."""
        prepared = getattr(self, "_prepared", None) == (case, backend)
        if not prepared and (smaller := self.smaller(case)) is not None:
            limit = os.environ.get("MLX_ASV_CALL_LIMIT", CALL_LIMIT)
            question = f"{type(self).__name__} {smaller} {backend} {limit}: is it skipped?"
            if reason := remember(question, lambda: self._skipped(smaller, backend)):
                raise NotImplementedError(reason)
        super().setup(case, backend)

    def _skipped(self, case: str, backend: str) -> str:
        """Why `case` is skipped, "" if it is not."""
        try:
            type(self)().setup(case, backend)  # another object: what it holds is given back
        except NotImplementedError as error:
            reason = str(error)
            return reason if reason.startswith("already") else f"already {case}: {reason}"
        return ""
