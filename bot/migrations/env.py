"""Alembic's entry: the connection comes from `bot.migrate.upgrade`."""

from alembic import context

from bot.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
