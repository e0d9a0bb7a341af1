"""Who may write: users, their sign-in sessions, and failed sign-ins."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.db import Base
from blogengine.db import BigId
from blogengine.db import KeyText
from blogengine.db import UTCDateTime


class User(Base):
    """A person who can sign in. `role` is `owner` or `author`."""

    __tablename__ = "user"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    email: Mapped[str] = mapped_column(sa.Text)
    email_key: Mapped[str] = mapped_column(KeyText, unique=True)
    """The address folded (NFKC, case), by which people sign in."""
    password_hash: Mapped[str] = mapped_column(sa.Text)
    role: Mapped[str] = mapped_column(sa.Text, default="author")
    link: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """Until when the one link to choose a password works, and a random mark: see `people`. Empty where there is none."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class AuthSession(Base):
    """One browser that is signed in. Only the digest of its token is stored."""

    __tablename__ = "auth_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_digest: Mapped[str] = mapped_column(KeyText, unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    user_agent: Mapped[str] = mapped_column(sa.Text, default="")


class LoginAttempt(Base):
    """A try that may be a guess, kept for a day to slow guessing down; or a comment that a network sent, for its limit."""

    __tablename__ = "login_attempt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(KeyText, index=True)
    """Digest of the account, of the address prefix or of a browser: see `attempts` and `comments.rates`."""
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
