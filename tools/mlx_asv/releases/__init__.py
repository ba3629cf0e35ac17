"""Which releases exist, which wheels they consist of, and which of them fit this machine."""
