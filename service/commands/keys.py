"""`liandong keys`."""

import click

from service.keys import load_keys, rotate
from service.progress import CONSOLE
from service.settings import read_settings


@click.group()
def command() -> None:
    """The keys that sign access tokens."""


@command.command("list")
def list_keys() -> None:
    """The keys in use; the first column says what signs now."""
    keys = load_keys(read_settings())
    for kid in keys.verifying:
        CONSOLE.print("签发 signs   " if kid == keys.signing.kid else "仅验证 verifies", kid)


@command.command("rotate")
def rotate_keys() -> None:
    """Make a new signing key. Running servers take it up within seconds; nobody is signed out."""
    kid = rotate(read_settings())
    CONSOLE.print(f"新密钥 {kid} 将在数秒内启用，旧密钥在其令牌到期后失效")
    CONSOLE.print(f"(new key {kid} signs within seconds; the old one verifies until its tokens have ended)")
