"""Passwords: argon2id (RFC 9106), in threads, at the least cost that OWASP's cheat sheet asks for.

Every check costs the same whether the account exists or not: for one that does not, a hash that nothing
matches is checked.
"""

import asyncio
import os
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import argon2
from litestar.datastructures import State

from schemas.problems import UNAVAILABLE, Problem

MAX_LENGTH: Final = 1024
_WAITING: Final = 256  # checks that may queue in a process: some seconds' worth


class Passwords:
    """Hashes and checks passwords. The costs are argon2id's; a test may ask for less."""

    def __init__(self, memory_kib: int = 19_456, passes: int = 2, lanes: int = 1) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="password")
        self._waiting = 0
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def hash_of(self, password: str) -> str:
        """The hash to keep. Takes some 30 ms; use `hashed` where an event loop runs."""
        return self._hasher.hash(normal(password))

    async def hashed(self, password: str) -> str:
        """`hash_of`, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.hash_of, password)

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Whether `password` is the one that `kept` was made from; never for None, which takes as long.

        Raises UNAVAILABLE when more are waiting than can be checked in reasonable time: a flood of guesses
        must not take the memory and the processor from those who work.
        """
        if self._waiting >= _WAITING:
            raise Problem(UNAVAILABLE, headers={"Retry-After": "5"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._matches, password, kept
            )
        finally:
            self._waiting -= 1

    def is_outdated(self, kept: str) -> bool:
        """Whether `kept` was made at another cost than today's and should be made anew."""
        return self._hasher.check_needs_rehash(kept)

    def _matches(self, password: str, kept: str | None) -> bool:
        try:
            self._hasher.verify(self._nobody if kept is None else kept, normal(password))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return kept is not None


def normal(password: str) -> str:
    """As it is hashed: keyboards differ in how they compose letters and in the width of digits.

    NIST SP 800-63B-4, 3.1.1.2.
    """
    return unicodedata.normalize("NFKC", password)


def passwords(state: State) -> Passwords:
    """The application's, made on first use."""
    found: Passwords | None = state.get("passwords")
    if found is None:
        state.passwords = found = Passwords()
    return found
