"""`liandong simulate`."""

import asyncio
import random
import sys
import tempfile
from datetime import date
from pathlib import Path

import click
from rich.console import Console

from service.figures import take_up_figures
from service.progress import progress
from service.settings import read_settings
from service.simulate.report import is_proved, report
from service.simulate.run import Plan, simulate
from service.simulate.worker import NoCommunity
from sync.replica import Refused, ReplicaError, Unreachable

NARROWEST = 130  # columns, where the output is no terminal


@click.command()
@click.option("--devices", type=click.IntRange(1, 300), default=30, show_default=True, help="phones")
@click.option("--days", type=click.IntRange(1, 60), default=5, show_default=True, help="days of work")
@click.option(
    "--loss", type=click.FloatRange(0, 0.9), default=0.2, show_default=True, help="share of requests lost"
)
@click.option("--seed", type=int, help="play the same days again; drawn and shown when not given")
@click.option("--url", help="the server; the one on this machine when not given")
@click.option("--password", help="of worker01…worker30 (LIANDONG_DEMO_PASSWORD)")
def command(
    devices: int, days: int, loss: float, seed: int | None, url: str | None, password: str | None
) -> None:
    """Play phones that work offline and sync over a bad link, and prove that nothing is lost.

    Needs a running server with the demo loaded. Exit code 1 if the proof fails.
    """
    settings = read_settings()
    take_up_figures(settings)
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    plan = Plan(
        (url or f"http://{settings.host}:{settings.port}").rstrip("/"),
        password or settings.demo_password or _asked_for(),
        devices,
        days,
        loss,
        seed,
    )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, NARROWEST)
    console.print(f"{plan.url}  devices {devices}  days {days}  loss {loss}  seed {seed}")
    with (
        tempfile.TemporaryDirectory(prefix="liandong-simulate-") as folder,
        progress("模拟走访与同步 playing days of work", plan.steps) as done,
    ):
        try:
            outcomes = asyncio.run(simulate(plan, Path(folder), date.today(), done))
        except (ReplicaError, NoCommunity) as error:
            raise click.ClickException(_what_to_do(plan, error)) from error
    console.print(report(outcomes))
    sys.exit(0 if is_proved(outcomes) else 1)


def _asked_for() -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(
            "请用 --password 或 LIANDONG_DEMO_PASSWORD 给出演示账号的密码 "
            "(give the password of the demo accounts by --password or LIANDONG_DEMO_PASSWORD)"
        )
    answer: str = click.prompt("演示账号密码 password of the demo accounts", hide_input=True)
    return answer


def _what_to_do(plan: Plan, error: ReplicaError | NoCommunity) -> str:
    if isinstance(error, Unreachable):
        return f"无法连接 {plan.url}，请先启动服务：liandong serve (cannot reach it: start it first): {error}"
    if isinstance(error, Refused) and error.problem.type == "login-failed":
        return (
            "演示账号登录失败：密码不对，或未载入演示数据（liandong demo） "
            "(worker01… could not sign in: another password, or the demo is not loaded)"
        )
    if isinstance(error, NoCommunity):
        return f"账号 {error} 没有社区 (this account holds no community)"
    return str(error)
