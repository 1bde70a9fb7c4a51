"""Everything about Liandong that can be set: one struct, read from the environment.

A setting is declared once, with its variable, its meaning in Chinese and English, its type and bounds.
Reading, the error for a wrong value and the table of `liandong settings` come from that declaration.
"""

import difflib
import ipaddress
import os
import re
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "LIANDONG_"
READ_ELSEWHERE = frozenset({"LIANDONG_TEST_LONG"})  # tests/conftest.py


class WrongSetting(Exception):
    """A variable has a value that cannot be used. The message names it and says what is allowed."""

    def __init__(self, variable: str, value: str, allowed: str, *, secret: bool = False) -> None:
        shown = variable if secret else f"{variable}={value!r}"
        super().__init__(f"设置有误 {shown}，允许：{allowed} (wrong setting; allowed: {allowed})")
        self.variable = variable


class Setting(msgspec.Struct, frozen=True):
    """How one setting is called and explained. `allowed` where the type's bounds do not say it themselves."""

    variable: str
    zh: str
    en: str
    allowed: str | None = None
    secret: bool = False


PortNumber = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1, le=500)]
Minutes = Annotated[int, Meta(ge=1, le=24 * 60)]
Days = Annotated[int, Meta(ge=1, le=3660)]
DaysOrNone = Annotated[int, Meta(ge=0, le=3660)]
Megabytes = Annotated[int, Meta(ge=1, le=1_000_000)]
Secret = Annotated[str, Meta(min_length=8, max_length=1000)]

DATA = Setting("LIANDONG_DATA", "数据目录", "folder for the database, keys and files")
HOST = Setting("LIANDONG_HOST", "监听地址", "address to listen on", "IP, hostname")
PORT = Setting("LIANDONG_PORT", "监听端口", "port to listen on; 0 takes any free one")
WORKERS = Setting("LIANDONG_WORKERS", "工作进程数", "processes that answer; one a core is right")
DATABASE_URL = Setting(
    "DATABASE_URL",
    "数据库地址；不填则用内置 PostgreSQL",
    "PostgreSQL 15 or newer; the embedded one when not set",
    "postgresql://user:password@host:port/name",
    secret=True,
)
DEMO = Setting(
    "LIANDONG_DEMO", "内置数据库新建时是否载入演示数据", "load the demo into a new embedded database"
)
DEMO_PASSWORD = Setting(
    "LIANDONG_DEMO_PASSWORD",
    "演示账号的密码；不填则随机生成并显示一次",
    "password of the demo accounts; made up and shown once when not set",
    secret=True,
)
LOG_LEVEL = Setting("LIANDONG_LOG_LEVEL", "日志级别", "least level that is logged")
LOG_FORMAT = Setting("LIANDONG_LOG_FORMAT", "日志格式", "lines for people, or JSON for machines")
ACCESS_MINUTES = Setting(
    "LIANDONG_ACCESS_MINUTES", "访问令牌有效分钟数", "minutes an access token is good for"
)
REFRESH_DAYS = Setting(
    "LIANDONG_REFRESH_DAYS", "刷新令牌有效天数", "days an unused refresh token is good for"
)
SECOND_FACTOR = Setting(
    "LIANDONG_SECOND_FACTOR",
    "社工以上角色登录是否须用动态验证码；auto：须用，演示数据库除外",
    "one-time codes for roles above social worker; auto: on, but off in a database that holds the demo",
)
LEASE_DAYS = Setting(
    "LIANDONG_LEASE_DAYS", "手机离线可看资料的天数", "days a phone may show data without syncing"
)
TOMBSTONE_DAYS = Setting(
    "LIANDONG_TOMBSTONE_DAYS", "删除标记保留天数", "days deletions are kept; an older cursor starts afresh"
)
JOURNAL_DAYS = Setting(
    "LIANDONG_JOURNAL_DAYS", "手机保留已上传改动的天数", "days `stable` stays behind the newest change"
)
KEYS = Setting("LIANDONG_KEYS", "密钥目录；默认在数据目录下", "folder of the keys; DATA/keys when not set")
MASTER_KEY = Setting(
    "LIANDONG_MASTER_KEY",
    "主密钥；不填则保存在密钥目录中",
    "master key of what is sealed; kept in the folder of keys when not set",
    "32 字节的 base64；换密钥时新的在前，以逗号分隔 32 bytes in base64; new,old while it is replaced",
    secret=True,
)
ATTACHMENTS = Setting(
    "LIANDONG_ATTACHMENTS",
    "附件存放处；默认在数据目录下",
    "where photos, sound and papers lie; DATA/attachments when not set",
    "文件夹或 folder, or s3://bucket/prefix",
)
ATTACHMENT_MB = Setting("LIANDONG_ATTACHMENT_MB", "单个附件的最大 MB 数", "largest attachment in MB")
ATTACHMENT_QUOTA_MB = Setting(
    "LIANDONG_ATTACHMENT_QUOTA_MB",
    "每台设备每天上传附件的 MB 数",
    "MB of attachments that one device may send a day",
)
UPLOAD_DAYS = Setting(
    "LIANDONG_UPLOAD_DAYS", "未传完的附件保留天数", "days in which a broken-off upload may go on"
)
FIGURES = Setting(
    "LIANDONG_FIGURES",
    "主管部门自定数据表的文件夹；启动时读取",
    "folder of the figures that the office has set; read at the start",
)
POOL_SIZE = Setting("LIANDONG_POOL_SIZE", "每个进程的数据库连接数", "database connections of each process")
METRICS_TOKEN = Setting(
    "LIANDONG_METRICS_TOKEN",
    "读取 /metrics 的令牌；不填则只许本机读取",
    "token for /metrics; this machine only when not set",
    secret=True,
)
PUBLIC_URL = Setting("LIANDONG_PUBLIC_URL", "对外地址", "address that phones use", "https://name")
TRUSTED_PROXIES = Setting(
    "LIANDONG_TRUSTED_PROXIES",
    "可信的反向代理地址",
    "proxies whose X-Forwarded-For is believed",
    "IP 地址或网段 addresses or networks: 10.0.0.1,192.168.0.0/16",
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One process's settings. Made by `read_settings`, or directly in a test."""

    data: Annotated[Path, DATA] = ROOT / ".data"
    host: Annotated[str, HOST] = "127.0.0.1"
    port: Annotated[PortNumber, PORT] = 8000
    workers: Annotated[Count, WORKERS] = 1
    database_url: Annotated[str | None, DATABASE_URL] = None
    demo: Annotated[Literal["auto", "off"], DEMO] = "auto"
    demo_password: Annotated[Secret | None, DEMO_PASSWORD] = None
    log_level: Annotated[Literal["debug", "info", "warning", "error"], LOG_LEVEL] = "info"
    log_format: Annotated[Literal["console", "json"], LOG_FORMAT] = "console"
    access_minutes: Annotated[Minutes, ACCESS_MINUTES] = 15
    refresh_days: Annotated[Days, REFRESH_DAYS] = 30
    second_factor: Annotated[Literal["auto", "on", "off"], SECOND_FACTOR] = "auto"
    lease_days: Annotated[Days, LEASE_DAYS] = 7
    tombstone_days: Annotated[Days, TOMBSTONE_DAYS] = 365
    journal_days: Annotated[DaysOrNone, JOURNAL_DAYS] = 7
    keys: Annotated[Path | None, KEYS] = None
    master_key: Annotated[Secret | None, MASTER_KEY] = None
    attachments: Annotated[str | None, ATTACHMENTS] = None
    attachment_mb: Annotated[Megabytes, ATTACHMENT_MB] = 50
    attachment_quota_mb: Annotated[Megabytes, ATTACHMENT_QUOTA_MB] = 1_000
    upload_days: Annotated[Days, UPLOAD_DAYS] = 7
    figures: Annotated[Path | None, FIGURES] = None
    pool_size: Annotated[Count, POOL_SIZE] = 10
    metrics_token: Annotated[Secret | None, METRICS_TOKEN] = None
    public_url: Annotated[str | None, PUBLIC_URL] = None
    trusted_proxies: Annotated[tuple[str, ...], TRUSTED_PROXIES] = ()

    @property
    def keys_folder(self) -> Path:
        return self.keys or self.data / "keys"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is our own, run for as long as we are."""
        return self.database_url is None


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `environment` asks for. An empty variable counts as not set.

    Raises WrongSetting for the first value that cannot be used.
    """
    values: dict[str, Any] = {}
    for name, setting, kind in declared_settings():
        text = environment.get(setting.variable, "").strip()
        if text:
            values[name] = _parse(setting, kind, text)
    return Settings(**values)


def unknown_settings(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """A warning for each LIANDONG_ variable that means nothing, with the name that it is nearest to."""
    known = {setting.variable for _, setting, _ in declared_settings()}
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable not in known | READ_ELSEWHERE:
            nearest = difflib.get_close_matches(variable, known, n=1, cutoff=0)[0]
            yield f"未知设置 {variable}，是否指 {nearest}？ (no such setting; do you mean {nearest}?)"


def declared_settings() -> list[tuple[str, Setting, Any]]:
    """(attribute, declaration, type) of every setting, in the order in which a person should read them."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    found = []
    for name in Settings.__struct_fields__:
        setting = next(extra for extra in hints[name].__metadata__ if isinstance(extra, Setting))
        found.append((name, setting, hints[name]))
    return found


def shown_value(settings: Settings, name: str, setting: Setting) -> str:
    """The value as it may be printed: secrets are masked, and of DATABASE_URL the password."""
    value = getattr(settings, name)
    if value is None or value == ():
        return "—"
    if name == "database_url":
        return without_password(value)
    if setting.secret:
        return "••••••"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def without_password(url: str) -> str:
    """`url` with its password masked, wherever a PostgreSQL address may carry one."""
    masked = re.sub(r"^([^:]+://[^:/@]*):[^/?#]*@", r"\1:••••••@", url)
    return re.sub(r"([?&](?:password|sslpassword)=)[^&]*", r"\1••••••", masked)


def allowed_values(setting: Setting, kind: Any) -> str:
    """What a setting may be, in words that follow from its type."""
    if setting.allowed:
        return setting.allowed
    bounds = [extra for extra in _metadata(kind) if isinstance(extra, Meta)]
    plain = _plain(kind)
    if typing.get_origin(plain) is Literal:
        return " | ".join(typing.get_args(plain))
    if plain is int:
        return f"{bounds[0].ge}–{bounds[0].le}"
    if plain is Path:
        return "文件夹 folder"
    return f"{bounds[0].min_length}–{bounds[0].max_length} 字符 characters" if bounds else "文字 text"


def _parse(setting: Setting, kind: Any, text: str) -> Any:
    plain = _plain(kind)
    try:
        if plain is Path:
            return Path(text).expanduser().absolute()
        if typing.get_origin(plain) is tuple:
            return tuple(str(ipaddress.ip_network(part.strip(), strict=False)) for part in text.split(","))
        if setting.variable == "DATABASE_URL":
            _check_database_url(text)
        if setting.variable == "LIANDONG_ATTACHMENTS":
            return _place_of_attachments(text)
        if setting.variable == "LIANDONG_PUBLIC_URL":
            _check_public_url(text)
            return text.rstrip("/")
        return msgspec.convert(text, kind, strict=False)
    except ValueError:  # msgspec.ValidationError is one
        allowed = allowed_values(setting, kind)
        raise WrongSetting(setting.variable, text, allowed, secret=setting.secret) from None


def _check_database_url(text: str) -> None:
    """What asyncpg would stumble over without naming the setting; whether it leads anywhere shows later."""
    if not re.match(r"postgres(ql)?://", text):
        raise ValueError
    for host in urlsplit(text).netloc.rpartition("@")[2].split(","):
        _ = urlsplit(f"//{host}").port  # raises ValueError for one that is no number


def _place_of_attachments(text: str) -> str:
    """A bucket as it is named, or a folder with its whole path."""
    if "://" not in text:
        return str(Path(text).expanduser().absolute())
    address = urlsplit(text)
    if address.scheme != "s3" or not address.netloc or address.query or address.fragment:
        raise ValueError
    if address.username is not None or address.port is not None:
        raise ValueError
    return text.rstrip("/")


def _check_public_url(text: str) -> None:
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname or address.port == 0:
        raise ValueError
    if address.query or address.fragment or address.username is not None:
        raise ValueError


def _metadata(kind: Any) -> list[Any]:
    """Everything that Annotated says of `kind`, also inside `T | None`."""
    found = list(getattr(kind, "__metadata__", ()))
    if typing.get_origin(kind) is Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        for part in typing.get_args(kind):
            found += _metadata(part)
    return found


def _plain(kind: Any) -> Any:
    """`kind` without what Annotated and `| None` add."""
    while True:
        origin = typing.get_origin(kind)
        if origin is Annotated:
            kind = typing.get_args(kind)[0]
        elif origin in (typing.Union, types.UnionType):
            kind = next(part for part in typing.get_args(kind) if part is not types.NoneType)
        else:
            return kind
