"""What the reference itself cannot run."""

from .one_release import _Fault


class Never(_Fault):
    """An exception at once."""

    bad = "2.4.6"


class NotForLong(_Fault):
    """An exception later: when it is looked at, all is well."""

    bad = "2.4.6"
    call = 8
