"""What `liandong serve` prints when it is about to answer: where, and what to try first."""

from service.database import connect
from service.progress import CONSOLE
from service.settings import Settings


async def has_demo(url: str) -> bool:
    """Whether the accounts of the demo are in the database at `url`."""
    connection = await connect(url)
    try:
        found: bool = await connection.fetchval("select exists (select from account where name = 'worker01')")
        return found
    finally:
        await connection.close()


def say_what_to_try(settings: Settings, listening: tuple[str, int], has_demo: bool) -> None:
    """Print the address, the API's documentation, and the demo's accounts if it was loaded."""
    address = settings.public_url or _address(*listening)
    CONSOLE.print(f"\n[bold]联动 Liandong[/] {address}", soft_wrap=True)
    if settings.public_url:
        CONSOLE.print(f"  监听 listens on   {_address(*listening)}", soft_wrap=True)
    CONSOLE.print(f"  接口文档 API      {address}/docs", soft_wrap=True)
    if has_demo:
        CONSOLE.print("  演示账号 accounts worker01…30 supervisor01…10 community01…10")
        CONSOLE.print("                    street01…10 district01…05 city01 evaluator01 admin01")
        CONSOLE.print("  密码 password     载入演示时显示过 it was shown when the demo was loaded")
    CONSOLE.print("  检查 check        liandong doctor     设置 settings  liandong settings")
    CONSOLE.print("  停止 stop         Ctrl-C\n")


def _address(host: str, port: int) -> str:
    """The URL of where we listen, from this machine: nobody can go to "all addresses"."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
