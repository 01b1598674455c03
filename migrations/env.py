"""Alembic's entry: brings the tables up to date in the transaction that database.py has opened."""

from alembic import context

from database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
)
context.run_migrations()
