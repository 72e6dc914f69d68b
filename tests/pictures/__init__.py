"""Pictures of messages, as people see them."""

from __future__ import annotations
