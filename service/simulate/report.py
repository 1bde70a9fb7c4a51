"""The table at the end: who did what, what was lost on the way, where everything is, and the verdict."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.simulate.proof import PLACES, Place
from service.simulate.run import Outcome
from sync.replica.link import LOSSES

SHOWN = 10  # differences; the first ones tell most
_PLACES: dict[Place, str] = {
    "in force": "现行有效 in force",
    "history": "保留在历史中 in history",
    "open conflict": "在待处理冲突中 in an open conflict",
    "quarantine": "在隔离区，作者与督导可见 in quarantine",
}


def report(outcomes: Sequence[Outcome]) -> RenderableType:
    """Everything that a person needs to believe it, or to look further."""
    return Group(_phones(outcomes), _accounts(outcomes), *_troubles(outcomes), _verdict(outcomes))


def is_proved(outcomes: Sequence[Outcome]) -> bool:
    """Every device agrees with the server, and every value is accounted for."""
    return all(outcome.findings.is_proved for outcome in outcomes)


def _phones(outcomes: Sequence[Outcome]) -> Table:
    table = Table(
        title="模拟手机 Phones",
        caption="去程丢、回程丢、断开：请求在服务器处理之前、之后或回答途中丢失 "
        "(before, after, midway: where requests were lost)",
        header_style="bold",
        show_footer=True,
        padding=(0, 0),
    )
    rows = [_row(outcome) for outcome in outcomes]
    totals = [str(sum(row[column] for row in rows)) for column in range(len(_COLUMNS))]
    table.add_column("账号\naccount", footer="合计 total", no_wrap=True)
    table.add_column("社区\ncommunity", no_wrap=True, min_width=10)
    for heading, total in zip(_COLUMNS, totals, strict=True):
        table.add_column(heading, justify="right", footer=total)
    table.add_column("一致\nagrees", justify="center")
    for outcome, row in zip(outcomes, rows, strict=True):
        mark = Text("✓", "green") if outcome.findings.is_proved else Text("✗", "bold red")
        worker = outcome.worker
        table.add_row(worker.username, worker.community.name, *map(str, row), mark)
    return table


_COLUMNS = (
    "走访\nvisits",
    "修改\nchanges",
    "同步\nsyncs",
    "未成\nin vain",
    "去程丢\nbefore",
    "回程丢\nafter",
    "断开\nmidway",
    "合并\nmerged",
    "冲突\ndisputed",
    "裁决\ndecided",
    "隔离\nset aside",
)


def _row(outcome: Outcome) -> list[int]:
    tally, link = outcome.worker.tally, outcome.worker.link
    return [
        tally.visits,
        len(outcome.worker.ledger.entries),
        tally.syncs,
        tally.syncs_in_vain,
        *(link.lost[loss] for loss in LOSSES),
        tally.merged,
        tally.conflicts,
        tally.decided,
        outcome.findings.places.get("quarantine", 0),
    ]


def _accounts(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="发送过的每一处修改 Every change that was sent", header_style="bold")
    table.add_column("去向 where its values are")
    table.add_column("条数 changes", justify="right")
    for place in PLACES:
        count = sum(outcome.findings.places.get(place, 0) for outcome in outcomes)
        table.add_row(_PLACES[place], str(count))
    missing = sum(len(outcome.findings.missing) for outcome in outcomes)
    table.add_row("无下落 missing", str(missing), style="bold red" if missing else "green")
    return table


def _troubles(outcomes: Sequence[Outcome]) -> list[Text]:
    lines = [
        f"{outcome.worker.username}: {difference}"
        for outcome in outcomes
        for difference in outcome.findings.differences
    ]
    lines += [
        f"{outcome.worker.username}: change {entry.id} of record {entry.record} is missing"
        for outcome in outcomes
        for entry in outcome.findings.missing
    ]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"… {len(lines) - SHOWN} more"]
    return [Text(line, "red") for line in lines]


def _verdict(outcomes: Sequence[Outcome]) -> Text:
    changes = sum(len(outcome.worker.ledger.entries) for outcome in outcomes)
    if is_proved(outcomes):
        return Text(
            f"证明成立：{len(outcomes)} 部手机与服务器逐条一致，{changes} 处修改全部有下落。\n"
            f"Proved: {len(outcomes)} phones and the server agree record by record, "
            f"and all {changes} changes are accounted for.",
            "bold green",
        )
    return Text("证明不成立，见上 (not proved, see above)", "bold red")
