"""What Alembic runs: with the connection of `running.upgrade`, or on its own command line to write a new step."""

from alembic import context
from sqlalchemy.engine import Connection

from blogengine import models  # noqa: F401
from blogengine.db import Base
from blogengine.db import make_engine


def is_of_the_core(name: str | None, kind: str, parents: object) -> bool:
    """Leave out the tables of plugins, whose steps are their own."""
    return kind != "table" or not str(name).startswith("p_")


def run(connection: Connection) -> None:
    """Run the steps inside the transaction that is open."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        transaction_per_migration=False,
        include_name=is_of_the_core,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with make_engine(context.config.get_main_option("sqlalchemy.url") or "").connect() as own:
        run(own)
