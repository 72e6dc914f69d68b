"""SQLAlchemy Core on SQLite and PostgreSQL, the same statements. Touches the database."""

from __future__ import annotations
