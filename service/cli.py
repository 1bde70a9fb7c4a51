"""The `liandong` command. Subcommands are imported when they are called, so each starts as fast as it can."""

import importlib
import sys

import click

from service.progress import CONSOLE
from service.settings import unknown_settings

# name: (module whose `command` it is, what the list of commands says)
COMMANDS = {
    "serve": ("service.commands.serve", "启动服务 run the server"),
    "migrate": ("service.commands.migrate", "升级数据库结构 bring the database to the newest schema"),
    "demo": ("service.demo.command", "载入演示数据 load the demo"),
    "simulate": ("service.simulate.command", "模拟离线手机同步 play phones that work offline and sync"),
    "bench": ("tests.bench.command", "测量速度 measure speed"),
    "settings": ("service.commands.settings", "列出全部设置 show every setting and its value"),
    "figures": ("service.commands.figures", "列出全部数据表 show every figure that rules go by"),
    "keys": ("service.commands.keys", "更换令牌密钥 replace the key that signs tokens"),
    "epoch": ("service.commands.epoch", "恢复备份后让手机补传 after a restore: phones send again"),
    "audit": ("service.commands.audit", "核对与签署审计 check the audit, sign where it stands"),
    "retention": ("service.commands.retention", "删除到期和已决定删除的资料 erase what is due"),
    "doctor": ("service.commands.doctor", "检查运行环境 check the installation"),
}


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


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="先试 try first: liandong serve",
)
def liandong() -> None:
    """联动: the server that social workers' phones sync their field records with."""
    for warning in unknown_settings():
        CONSOLE.print(warning, style="yellow", markup=False, soft_wrap=True)


def main() -> None:
    """Entry point. What a person can put right is said in a line, everything else with its traceback."""
    try:
        sys.exit(liandong.main(prog_name="liandong", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message())
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "liandong"
        _give_up(f"用法有误，见 {path} --help (see there): {error.format_message()}", error.exit_code)
    except click.ClickException as error:
        _give_up(error.format_message())
    except click.Abort:
        _give_up("已中断 interrupted", 130)
    except Exception as error:
        from service.plainly import said_plainly  # the database's libraries, which --help need not wait for

        line = said_plainly(error)
        if line is None:
            raise
        _give_up(line)


def _give_up(message: str, exit_code: int = 1) -> None:
    CONSOLE.print(message, style="red", markup=False, soft_wrap=True)
    sys.exit(exit_code)
