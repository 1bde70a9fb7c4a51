"""The user that the embedded PostgreSQL runs as.

PostgreSQL refuses to run as root, and containers and CI are root. Then an existing user without rights runs
it, and owns the data folder. What that user must pass through gets the one bit that passing takes: execute,
for others, on the folder in the way. Nothing becomes listable or readable.
"""

import os
import pwd
import stat
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

CANDIDATES = ("postgres", "nobody")


class NoDatabaseUser(Exception):
    """Nobody here may run PostgreSQL on this data folder. The message says what to do."""


class DatabaseUser(NamedTuple):
    """Who runs PostgreSQL: ourselves, or as root somebody else."""

    uid: int
    gid: int

    @property
    def is_ourselves(self) -> bool:
        return self.uid == os.geteuid()

    def run(self, command: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
        """`command` as this user; stdout has stderr in it."""
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd="/",
            env=_environment(),
            user=None if self.is_ourselves else self.uid,
            group=None if self.is_ourselves else self.gid,
            extra_groups=None if self.is_ourselves else (),
        )

    def spawn(self, command: Sequence[str | Path], log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """`command` as this user, in a session of its own: a Ctrl-C meant for us does not reach it."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            start_new_session=True,
            user=None if self.is_ourselves else self.uid,
            group=None if self.is_ourselves else self.gid,
            extra_groups=None if self.is_ourselves else (),
        )

    def own(self, folder: Path) -> None:
        """Make the (new, empty) `folder` this user's."""
        if not self.is_ourselves:
            os.chown(folder, self.uid, self.gid)

    def let_reach(self, target: Path, say: Callable[[str], None]) -> None:
        """Let this user pass through the folders above `target`; says which it had to open for passing."""
        if self.is_ourselves:
            return
        for folder in reversed(target.parents):
            mode = folder.stat()
            if not self._may(mode, "x"):
                folder.chmod(stat.S_IMODE(mode.st_mode) | self._bit(mode, "x"))
                say(
                    f"为让数据库用户通过，已给 {folder} 加上执行权限 "
                    f"(added the execute bit to {folder}, so that the database's user can pass through it)"
                )

    def let_read(self, tree: Path) -> None:
        """Let this user read and run what pip installed in `tree` under a strict umask."""
        if self.is_ourselves:
            return
        for path in (tree, *tree.rglob("*")):
            mode = path.stat()
            wanted = "rx" if path.is_dir() or mode.st_mode & stat.S_IXUSR else "r"
            missing = [letter for letter in wanted if not self._may(mode, letter)]
            if missing:
                path.chmod(stat.S_IMODE(mode.st_mode) | sum(self._bit(mode, letter) for letter in missing))

    def _bit(self, of: os.stat_result, letter: str) -> int:
        """The one of the three bits for `letter` that decides about this user."""
        shift = 6 if of.st_uid == self.uid else 3 if of.st_gid == self.gid else 0
        return {"r": 4, "x": 1}[letter] << shift

    def _may(self, of: os.stat_result, letter: str) -> bool:
        return bool(of.st_mode & self._bit(of, letter))


def database_user(folder: Path) -> DatabaseUser:
    """Who is to run PostgreSQL on `folder`: its owner, or for a new one us, unless we are root.

    Raises NoDatabaseUser.
    """
    owner = folder.stat() if folder.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise NoDatabaseUser(
                f"{folder} 属于用户 {_name(owner.st_uid)}；请以该用户运行，或设置 LIANDONG_DATA 为其他目录 "
                f"(belongs to {_name(owner.st_uid)}: run as that user, or set LIANDONG_DATA)"
            )
        return DatabaseUser(os.geteuid(), os.getegid())
    if owner is not None and owner.st_uid != 0:
        return DatabaseUser(owner.st_uid, owner.st_gid)
    for name in CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return DatabaseUser(found.pw_uid, found.pw_gid)
    raise NoDatabaseUser(
        "PostgreSQL 不能以 root 运行，也没有 postgres 或 nobody 用户；请换普通用户，或设置 DATABASE_URL "
        "(PostgreSQL does not run as root, and neither user exists: be an ordinary user, or set DATABASE_URL)"
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _environment() -> dict[str, str]:
    """Ours, less PGPORT, PGDATA and the like, which PostgreSQL would take for its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
