"""Alembic's entry: runs the migrations on the connection that the store hands over."""

from __future__ import annotations

from alembic import context

from bot.store.tables import meta

connection = context.config.attributes["connection"]
# Batch mode rebuilds a table on SQLite and keeps it STRICT.
context.configure(connection=connection, target_metadata=meta, render_as_batch=True)
context.run_migrations()
