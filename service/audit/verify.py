"""Checking the audit: whether every entry, and every row of history, is what it was.

Each chain is read from its first entry to its head: an entry that was altered no longer has its hash, one
that was taken out, put in or moved breaks the numbers or the hash of the next, and the head tells of those
missing at the end. What entries say of history is set against its rows; those of which the content was erased
still prove who did what when, and an entry has to say that they were to be. A chain that was removed with its
head, or all of it written anew, is missed only by a checkpoint that somebody kept.

Where the keys are at hand, everything sealed is opened as well, and what history says is set against the
digest that the entries account for (service/audit/seals.py).
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from service.audit.chain import ERASED, Entry, linked
from service.audit.checkpoint import Statement
from service.audit.seals import broken_seals, says_its_digest
from sync.audit import FOLDED, HISTORY_COLUMNS, RECORD, REV, fold, is_empty, is_erased
from sync.confine import confine
from sync.keyring import Keyring
from sync.sealed import SEALED_CLASSES
from sync.statement import Connection, statement
from sync.statement import Statement as SqlStatement

AT_ONCE = 1_000  # rows in memory


class Fault(Enum):
    """What can be wrong; the first text says it in Chinese."""

    ALTERED = ("条目或其前一条被改动", "this entry, or the hash of the one before, is not what was written")
    MISSING = ("条目缺失", "entries are missing up to here")
    HEAD = ("链尾与记录不符", "the chain does not end as its head says")
    HISTORY = ("修改历史与审计不符", "the history of these positions is not what was written")
    UNACCOUNTED = ("修改历史中有审计未记录的行", "history has a row that no entry accounts for")
    ERASED = (
        "修改历史被清空，但没有删除记录，或清空后又被填写",
        "history was emptied and no entry says so, or filled in again since",
    )
    SEALED = (
        "加密保存的内容打不开或与审计不符",
        "what is sealed there does not open, or is not what was written",
    )
    CHECKPOINT = ("与检查点不符", "it is not what the checkpoint saw")


class Finding(NamedTuple):
    """One thing that is wrong: in which chain, at which entry, or (in history) at which position."""

    fault: Fault
    chain: UUID
    no: int

    def __str__(self) -> str:
        zh, en = self.fault.value
        return f"{self.chain} #{self.no}: {zh} ({en})"


class _Head(NamedTuple):
    no: int
    hash: bytes


class _Claim(NamedTuple):
    """What an entry says of history."""

    no: int
    first: int
    last: int
    fold: str


class _Told(msgspec.Struct):
    """What the entries of a chain say of history: nothing, where it is no area's."""

    is_of_area: bool = False
    claims: list[_Claim] = []
    erased: set[UUID] = set()


class _Detail(msgspec.Struct):
    first: int = 0
    last: int = 0
    fold: str = ""


# Primary keys. A chain may have lost its head, or all but that; an area its whole chain.
_CHAINS = statement("""
    SELECT coalesce(head.chain, entry.chain, area.id) AS chain, head.no, head.hash,
           area.id IS NOT NULL AS is_area
    FROM audit_head head
    FULL JOIN (SELECT DISTINCT chain FROM audit) entry ON entry.chain = head.chain
    FULL JOIN area ON area.id = coalesce(head.chain, entry.chain)
    ORDER BY chain
""")

_ENTRIES = statement("""
    SELECT no, hash, chain, at, kind, account, device, area, classes, records, changes, detail
    FROM audit
    WHERE chain = :chain AND no > :after
    ORDER BY no
    LIMIT :limit
""")

# Primary key.
_HISTORY = statement(f"""
    SELECT {HISTORY_COLUMNS}, {", ".join(f"sent_{privacy.value}" for privacy in SEALED_CLASSES)}
    FROM history
    WHERE area = :area AND rev > :after
    ORDER BY rev
    LIMIT :limit
""")

_SEEN = statement("""
    SELECT seen.chain, seen.no
    FROM unnest(CAST(:chains AS uuid[]), CAST(:nos AS bigint[]), CAST(:hashes AS text[]))
        AS seen(chain, no, hash)
    LEFT JOIN audit ON audit.chain = seen.chain AND audit.no = seen.no
    WHERE audit.hash IS NULL OR encode(audit.hash, 'hex') <> seen.hash
    ORDER BY seen.chain
""")


class Checked(msgspec.Struct):
    """What was looked at, and what is wrong."""

    chains: int = 0
    entries: int = 0
    changes: int = 0
    findings: list[Finding] = []


async def verify(
    connection: Connection,
    checkpoints: Sequence[Statement] = (),
    done: Callable[[int], None] = lambda _: None,
) -> Checked:
    """Check all of the audit in one snapshot, and that it still holds what `checkpoints` saw.

    What is sealed is opened too, where the connection has the keys. `done` is called with how many entries
    were read since the last time.
    """
    checked = Checked()
    keyring: Keyring | None = getattr(connection, "keyring", None)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for row in await _CHAINS.fetch(connection):
            head = None if row["no"] is None else _Head(row["no"], row["hash"])
            told = await _check_chain(connection, row["chain"], head, checked, done)
            if row["is_area"] or told.is_of_area:
                await _check_history(connection, keyring, row["chain"], told, checked)
        if keyring is not None:
            checked.findings += [
                Finding(Fault.SEALED, chain, no) async for chain, no in broken_seals(connection)
            ]
        for seen in checkpoints:
            for missed in await _SEEN.fetch(
                connection,
                chains=[chain for chain, _, _ in seen.heads],
                nos=[no for _, no, _ in seen.heads],
                hashes=[hash for _, _, hash in seen.heads],
            ):
                checked.findings.append(Finding(Fault.CHECKPOINT, missed["chain"], missed["no"]))
    return checked


async def _check_chain(
    connection: Connection, chain: UUID, head: _Head | None, checked: Checked, done: Callable[[int], None]
) -> _Told:
    findings = checked.findings
    told = _Told()
    last, before = 0, None
    async for no, hash, *values in _rows(connection, _ENTRIES, chain=chain):
        entry = Entry(*values)
        if no != last + 1:
            findings.append(Finding(Fault.MISSING, chain, no - 1))
        # Where the one before is missing, nothing tells what this one's hash should be.
        elif hash != linked(before, entry.digest()):
            findings.append(Finding(Fault.ALTERED, chain, no))
        if entry.area == entry.chain:
            told.is_of_area = True
            told.claims.extend(_claims(no, entry))
            if entry.kind == ERASED:
                told.erased.update(entry.records)
        last, before = no, hash
        checked.entries += 1
        done(1)
    checked.chains += last > 0
    if head is not None and head.no > last:
        findings.append(Finding(Fault.MISSING, chain, head.no))
    elif (head is None and last) or (head is not None and head != (last, before)):
        findings.append(Finding(Fault.HEAD, chain, last))
    return told


def _claims(no: int, entry: Entry) -> Iterator[_Claim]:
    if entry.kind == "write" and entry.changes:
        try:
            said = msgspec.json.decode(entry.detail, type=_Detail)
        except msgspec.DecodeError:
            return  # altered, and found to be
        yield _Claim(no, said.first, said.last, said.fold)


async def _check_history(
    connection: Connection, keyring: Keyring | None, area: UUID, told: _Told, checked: Checked
) -> None:
    await confine(connection, [area])  # the owner is held to that too
    ahead = iter(told.claims)
    claim = next(ahead, None)
    rows: list[Sequence[Any]] = []
    is_told = False  # of rows between two claims, the first stands for all

    def close(claim: _Claim) -> None:
        if fold(rows).hex() != claim.fold:
            checked.findings.append(Finding(Fault.HISTORY, area, claim.no))
        rows.clear()

    async for row in _rows(connection, _HISTORY, area=area):
        checked.changes += 1
        rev, folded, sealed = row[REV], row[FOLDED], row[FOLDED.stop :]
        if is_erased(folded) and (not is_empty(folded) or any(sealed) or row[RECORD] not in told.erased):
            checked.findings.append(Finding(Fault.ERASED, area, rev))
        if keyring is not None and not await says_its_digest(connection, keyring, folded, sealed):
            checked.findings.append(Finding(Fault.SEALED, area, rev))
        while claim is not None and rev > claim.last:
            close(claim)
            claim, is_told = next(ahead, None), False
        if claim is not None and rev >= claim.first:
            rows.append(folded)
        elif not is_told:
            checked.findings.append(Finding(Fault.UNACCOUNTED, area, rev))
            is_told = True
    while claim is not None:
        close(claim)
        claim = next(ahead, None)


async def _rows(
    connection: Connection, rows_of: SqlStatement, **where: UUID
) -> AsyncIterator[tuple[Any, ...]]:
    """All rows of a statement, a page at a time. `after` goes by the column `no` or `rev`."""
    after = -1
    while True:
        page = await rows_of.fetch(connection, after=after, limit=AT_ONCE, **where)
        for row in page:
            yield tuple(row.values())
        if len(page) < AT_ONCE:
            return
        after = page[-1]["rev" if "rev" in page[-1] else "no"]
