"""The role that the server works as: one that owns nothing and that row-level security holds.

The embedded database has it as a login of its own, which is all that the workers know. With a PostgreSQL of
one's own, DATABASE_URL names either a login that is a member of it, or, where one address must do for
everything, the tables' owner; each connection then takes the role on as it is opened. An owner who may not
create roles works as itself, and the policies, which are forced, hold it as well. Who would stand above them
is refused.
"""

from contextlib import suppress
from typing import NamedTuple

import asyncpg

from service.database import connect
from service.rights import ROLE, Right, grants, wanted
from sync.statement import Connection, statement

# What the login may do, and what is there. Before 16 membership is enough to take a role on.
_STANDING = """
    SELECT session_user::text AS login,
           me.rolsuper AS is_superuser,
           me.rolsuper OR me.rolbypassrls AS stands_above,
           me.rolsuper OR me.rolcreaterole AS may_create,
           coalesce(pg_has_role(session_user, record.relowner, 'USAGE'), false) AS is_owner,
           app.oid IS NOT NULL AS has_role,
           coalesce(app.rolsuper OR app.rolbypassrls, false) AS role_stands_above,
           coalesce(pg_has_role(session_user, app.oid, '{privilege}'), false) AS may_take_role
    FROM pg_roles me
    LEFT JOIN pg_roles app ON app.rolname = '{role}'
    LEFT JOIN pg_class record ON record.oid = to_regclass('record')
    WHERE me.rolname = session_user
"""

_GIVEN = statement("""
    SELECT c.relname AS table, granted.privilege_type AS privilege, CAST(NULL AS text) AS column
    FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) granted
    JOIN pg_roles r ON r.oid = granted.grantee AND r.rolname = :role
    WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p')
    UNION ALL
    SELECT c.relname, granted.privilege_type, a.attname
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
    CROSS JOIN LATERAL aclexplode(a.attacl) granted
    JOIN pg_roles r ON r.oid = granted.grantee AND r.rolname = :role
    WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p')
""")


class NotConfined(Exception):
    """With this DATABASE_URL nothing would hold the server's queries. The message says what to do."""


class Standing(NamedTuple):
    """What the login of an address may do, and whether the role is there to be taken on."""

    login: str
    is_superuser: bool
    stands_above: bool
    may_create: bool
    is_owner: bool
    has_role: bool
    role_stands_above: bool
    may_take_role: bool

    @property
    def is_settled(self) -> bool:
        """This login need not do, or could not do, anything more about the role's being there."""
        return self.may_take_role or not self.is_owner or not self.may_create


async def standing(connection: Connection) -> Standing:
    """How the login of `connection` stands to the role."""
    privilege = "SET" if connection.get_server_version().major >= 16 else "MEMBER"
    row = await connection.fetchrow(_STANDING.format(privilege=privilege, role=ROLE))
    return Standing(*row.values())


async def rights_given(connection: Connection) -> set[Right]:
    """What the role may do now, on any table."""
    return {Right(*row.values()) for row in await _GIVEN.fetch(connection, role=ROLE)}


async def is_settled(connection: Connection) -> bool:
    """Whether `settle` has nothing to do."""
    found = await standing(connection)
    if not found.is_settled:
        return False
    return not (found.is_owner and found.has_role) or await rights_given(connection) == wanted()


async def settle(connection: Connection) -> None:
    """Make the role where the login may, and give it exactly its rights. Not twice at once in a database."""
    found = await standing(connection)
    if not found.is_owner:
        return
    if not found.has_role and found.may_create:
        # Another database of the same server may be doing it.
        with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            await connection.execute(f"CREATE ROLE {ROLE} NOLOGIN")
    found = await standing(connection)
    if found.has_role and not found.may_take_role:
        # Where somebody else made the role, they have to let this login in: see `for_a_superuser`.
        with suppress(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f'GRANT {ROLE} TO "{_quoted(found.login)}"')
    if found.has_role and await rights_given(connection) != wanted():
        async with connection.transaction():
            for grant in grants():
                await connection.execute(grant)


async def taken_on(url: str) -> dict[str, str]:
    """The settings with which a connection to `url` works as the role; none where it works as its login.

    Raises NotConfined.
    """
    connection = await connect(url)
    try:
        found = await standing(connection)
        if found.role_stands_above:
            raise NotConfined(
                f"角色 {ROLE} 不受行级安全约束，请由数据库管理员执行 "
                f"ALTER ROLE {ROLE} NOSUPERUSER NOBYPASSRLS "
                f"(that role is above row-level security: a superuser has to run this)"
            )
        if found.may_take_role:
            missing = wanted() - await rights_given(connection)
            if missing:
                tables = " ".join(sorted({right.table for right in missing}))
                raise NotConfined(
                    f"角色 {ROLE} 缺少权限，请以表的所有者运行 liandong migrate：{tables} "
                    f"(the role lacks rights on these: run liandong migrate as the tables' owner)"
                )
            return {"role": ROLE}
        if found.stands_above or not found.is_owner:
            raise NotConfined(
                f"DATABASE_URL 的登录角色 {found.login} 不是 {ROLE} 的成员；请由数据库管理员执行 "
                f"liandong migrate --print-roles 显示的语句 (the login of DATABASE_URL is not a member of "
                f"{ROLE}: a superuser has to run what `liandong migrate --print-roles` shows)"
            )
        return {}
    finally:
        await connection.close()


def for_a_superuser(found: Standing) -> str:
    """What somebody has to run who may, so that this login can work as the role."""
    create = "" if found.has_role else f"CREATE ROLE {ROLE} NOLOGIN;\n"
    return f'{create}GRANT {ROLE} TO "{_quoted(found.login)}";\n'


def _quoted(name: str) -> str:
    return name.replace('"', '""')
