"""What `tenderbell demo` runs against: a small portal on loopback, with invented notices."""

from __future__ import annotations
