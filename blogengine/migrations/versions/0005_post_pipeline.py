"""An index of the pipelines that made posts' HTML, so that what is out of date is found at once."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index: without it, looking through 100,000 posts of which none is out of date takes 1.3 s."""
    op.create_index("ix_post_pipeline", "post", ["pipeline"])
