"""Failures that a person can put right, each said in one line: what is wrong, and what to do about it.

Everything else is a fault of ours, and its traceback is what helps.
"""

import errno

import asyncpg

from schemas.figures import WrongFigures
from service.database import DatabaseTooOld
from service.database_user import NoDatabaseUser
from service.embedded import EmbeddedFailed
from service.keys import BrokenKeys
from service.role import NotConfined
from service.schema import CannotMigrate
from service.settings import WrongSetting

SAYS_IT_ITSELF = (
    WrongSetting,
    WrongFigures,
    EmbeddedFailed,
    NoDatabaseUser,
    BrokenKeys,
    DatabaseTooOld,
    CannotMigrate,
    NotConfined,
)
REFUSALS = (
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
)
OF_THE_DISK = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.ENOTEMPTY,
        errno.ENAMETOOLONG,
    }
)


def said_plainly(error: BaseException | None) -> str | None:
    """The line for `error`, or for what caused it; None if only a developer can do anything about it."""
    while error is not None:
        line = _line_for(error)
        if line is not None:
            return line
        error = error.__cause__
    return None


def _line_for(error: BaseException) -> str | None:
    if isinstance(error, SAYS_IT_ITSELF):
        return str(error)
    if isinstance(error, asyncpg.exceptions.ClientConfigurationError):
        return f"设置有误 DATABASE_URL (wrong setting): {_in_one_line(error)}"
    if isinstance(error, REFUSALS):
        said = _in_one_line(error)
        return f"数据库拒绝，请检查 DATABASE_URL (the database refuses; check DATABASE_URL): {said}"
    if not isinstance(error, OSError):
        return None
    if error.filename is not None or error.errno in (errno.ENOSPC, errno.EDQUOT):
        if error.errno not in OF_THE_DISK:
            return None
        where = error.filename2 or error.filename or ""
        return (
            f"无法使用 {where}，请检查其权限、磁盘，以及 LIANDONG_DATA 与 LIANDONG_KEYS (cannot use it: "
            f"check its owner, permissions and disk, LIANDONG_DATA and LIANDONG_KEYS): {error.strerror}"
        )
    reason = _in_one_line(error) or "timeout"
    return f"无法连接数据库，请检查 DATABASE_URL (cannot reach the database; check DATABASE_URL): {reason}"


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
