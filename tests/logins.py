"""Logins of PostgreSQL, for tests of what a server may do that somebody else administers."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from service.database import connect


@asynccontextmanager
async def new_login(url: str, options: str = "", member_of: str | None = None) -> AsyncIterator[str]:
    """The address of the database at `url` for a new login, which is dropped after the block."""
    name = f"liandong_test_{uuid.uuid4().hex[:12]}"
    owner = await connect(url)
    try:
        await owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}' {options}")
        if member_of is not None:
            await owner.execute(f"GRANT {member_of} TO {name}")
        address = urlsplit(url)
        host = address.netloc.rpartition("@")[2]
        yield urlunsplit(address._replace(netloc=f"{name}:{name}@{host}"))
        await owner.execute(f"REASSIGN OWNED BY {name} TO current_user")
        await owner.execute(f"DROP OWNED BY {name}")
        await owner.execute(f"DROP ROLE {name}")
    finally:
        await owner.close()


def login_of(url: str) -> str:
    """The login that an address names."""
    return urlsplit(url).username or ""


async def let_own(url: str, owners_url: str) -> None:
    """Let the login of `owners_url` own what it makes in the database at `url`."""
    superuser = await connect(url)
    await superuser.execute(f"ALTER SCHEMA public OWNER TO {login_of(owners_url)}")
    await superuser.close()
