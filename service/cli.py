"""The `liandong` command. Subcommands are imported when they are called, so each starts as fast as it can."""

import importlib
import sys

import asyncpg
import click

from service.database import DatabaseTooOld
from service.database_user import NoDatabaseUser
from service.embedded import EmbeddedFailed
from service.keys import BrokenKeys
from service.progress import CONSOLE
from service.schema import CannotMigrate
from service.settings import WrongSetting, unknown_settings

# name: (module whose `command` it is, what the list of commands says)
COMMANDS = {
    "serve": ("service.commands.serve", "启动服务 run the server"),
    "migrate": ("service.commands.migrate", "升级数据库结构 bring the database to the newest schema"),
    "demo": ("service.demo.command", "载入演示数据 load the demo"),
    "simulate": ("service.simulate.command", "模拟离线手机同步 play phones that work offline and sync"),
    "bench": ("tests.bench.command", "测量速度 measure speed"),
    "settings": ("service.commands.settings", "列出全部设置 show every setting and its value"),
    "keys": ("service.commands.keys", "更换令牌密钥 replace the key that signs tokens"),
    "doctor": ("service.commands.doctor", "检查运行环境 check the installation"),
}

SAID_PLAINLY = (WrongSetting, EmbeddedFailed, NoDatabaseUser, BrokenKeys, DatabaseTooOld, CannotMigrate)
UNREACHABLE = (OSError, asyncpg.PostgresConnectionError, asyncpg.InvalidAuthorizationSpecificationError)
NO_SUCH_DATABASE = asyncpg.InvalidCatalogNameError


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("命令 Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def liandong() -> None:
    """联动: the server that social workers' phones sync their field records with."""
    for warning in unknown_settings():
        CONSOLE.print(warning, style="yellow", markup=False)


def main() -> None:
    """Entry point. What a person can put right is said in a line, everything else with its traceback."""
    try:
        liandong(prog_name="liandong")
    except SAID_PLAINLY as error:
        _give_up(str(error))
    except (*UNREACHABLE, NO_SUCH_DATABASE) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise  # about a file, not about a connection
        _give_up(
            f"无法连接数据库，请检查 DATABASE_URL (cannot reach the database; check DATABASE_URL): {error}"
        )


def _give_up(message: str) -> None:
    CONSOLE.print(message, style="red", markup=False, soft_wrap=True)
    sys.exit(1)
