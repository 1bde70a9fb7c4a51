"""Settings are declared once; what can be wrong with one is said by its name."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.settings import (
    ROOT,
    Setting,
    Settings,
    WrongSetting,
    allowed_values,
    declared_settings,
    read_settings,
    shown_value,
    unknown_settings,
    without_password,
)

DECLARED = declared_settings()


def declared(variable: str) -> tuple[str, Setting, Any]:
    return next(each for each in DECLARED if each[1].variable == variable)


def test_nothing_has_to_be_set() -> None:
    assert read_settings({}) == Settings()


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read_settings({"LIANDONG_PORT": " ", "DATABASE_URL": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "attribute", "value"),
    [
        ("LIANDONG_PORT", "9000", "port", 9000),
        ("LIANDONG_PORT", " 0 ", "port", 0),
        ("LIANDONG_HOST", "::", "host", "::"),
        ("LIANDONG_DATA", "/var/lib/liandong", "data", Path("/var/lib/liandong")),
        ("LIANDONG_WORKERS", "4", "workers", 4),
        ("LIANDONG_DEMO", "off", "demo", "off"),
        ("LIANDONG_JOURNAL_DAYS", "0", "journal_days", 0),
        ("LIANDONG_DEMO_PASSWORD", "黄河白塔兰山五泉", "demo_password", "黄河白塔兰山五泉"),
        ("LIANDONG_PUBLIC_URL", "https://sync.example.cn/", "public_url", "https://sync.example.cn"),
        ("LIANDONG_TRUSTED_PROXIES", "10.0.0.1, fd00::/8", "trusted_proxies", ("10.0.0.1/32", "fd00::/8")),
        ("DATABASE_URL", "postgresql://me@[::1]:5433/l", "database_url", "postgresql://me@[::1]:5433/l"),
        ("DATABASE_URL", "postgres://a:1,b:2/l", "database_url", "postgres://a:1,b:2/l"),
        ("DATABASE_URL", "postgresql:///l?host=/run", "database_url", "postgresql:///l?host=/run"),
    ],
)
def test_a_setting_is_read(variable: str, text: str, attribute: str, value: object) -> None:
    assert getattr(read_settings({variable: text}), attribute) == value


@pytest.mark.parametrize("folder", ["data", "~/liandong"])
def test_a_folder_does_not_depend_on_where_a_command_is_run(folder: str) -> None:
    assert read_settings({"LIANDONG_DATA": folder}).data.is_absolute()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("LIANDONG_PORT", "65536"),
        ("LIANDONG_PORT", "-1"),
        ("LIANDONG_PORT", "80.5"),
        ("LIANDONG_PORT", "http"),
        ("LIANDONG_WORKERS", "0"),
        ("LIANDONG_WORKERS", "many"),
        ("LIANDONG_DEMO", "yes"),
        ("LIANDONG_DEMO_PASSWORD", "1234567"),
        ("LIANDONG_LOG_LEVEL", "loud"),
        ("LIANDONG_LOG_FORMAT", "xml"),
        ("LIANDONG_ACCESS_MINUTES", "0"),
        ("LIANDONG_ACCESS_MINUTES", "99999"),
        ("LIANDONG_REFRESH_DAYS", "NaN"),
        ("LIANDONG_LEASE_DAYS", "7 days"),
        ("LIANDONG_TOMBSTONE_DAYS", "-5"),
        ("LIANDONG_JOURNAL_DAYS", "-1"),
        ("LIANDONG_POOL_SIZE", "501"),
        ("LIANDONG_METRICS_TOKEN", "short"),
        ("LIANDONG_PUBLIC_URL", "sync.example.cn"),
        ("LIANDONG_PUBLIC_URL", "https://"),
        ("LIANDONG_PUBLIC_URL", "https://sync.example.cn:port"),
        ("LIANDONG_PUBLIC_URL", "https://somebody@sync.example.cn"),
        ("LIANDONG_PUBLIC_URL", "https://sync.example.cn/?a=b"),
        ("LIANDONG_TRUSTED_PROXIES", "nginx"),
        ("LIANDONG_TRUSTED_PROXIES", "10.0.0.1,,10.0.0.2"),
        ("DATABASE_URL", "mysql://localhost/liandong"),
        ("DATABASE_URL", "localhost:5432"),
        ("DATABASE_URL", "postgresql://localhost:port/liandong"),
        ("DATABASE_URL", "postgresql://a:1,b:port/liandong"),
        ("DATABASE_URL", "postgresql://[::1/liandong"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name_with_what_is_allowed(variable: str, text: str) -> None:
    _, setting, kind = declared(variable)
    with pytest.raises(WrongSetting, match=variable) as raised:
        read_settings({variable: text})
    assert allowed_values(setting, kind) in str(raised.value)


@pytest.mark.parametrize(
    "variable",
    [setting.variable for _, setting, _ in DECLARED if setting.secret and setting.variable != "DATABASE_URL"],
)
def test_a_wrong_secret_is_not_repeated(variable: str) -> None:
    with pytest.raises(WrongSetting) as raised:
        read_settings({variable: "secret"})
    assert "secret" not in str(raised.value)


def test_a_wrong_database_address_does_not_give_its_password_away() -> None:
    with pytest.raises(WrongSetting) as raised:
        read_settings({"DATABASE_URL": "postgresql://me:hunter2@host:port/liandong"})
    assert "hunter2" not in str(raised.value)


def test_a_misspelt_setting_gets_a_hint() -> None:
    [hint] = unknown_settings({"LIANDONG_PROT": "9000", "HOME": "/root", "LIANDONG_PORT": "1"})
    assert "LIANDONG_PROT" in hint and "LIANDONG_PORT" in hint


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@db.example/liandong",
        "postgresql://me:hunter2%40x@db.example:5432/liandong?sslmode=require",
        "postgresql://db.example/liandong?user=me&password=hunter2",
        "postgresql://me@db.example/liandong?sslpassword=hunter2&a=b",
    ],
)
def test_an_address_is_shown_without_its_password(url: str) -> None:
    shown = without_password(url)
    assert "hunter2" not in shown and "db.example" in shown and "me" in shown


@pytest.mark.parametrize("setting", [setting for _, setting, _ in DECLARED], ids=lambda each: each.variable)
def test_each_setting_is_explained_in_both_languages(setting: Setting) -> None:
    assert re.search(r"[\u4e00-\u9fff]", setting.zh)
    assert re.search(r"[a-z]{3}", setting.en)


@pytest.mark.parametrize(
    ("name", "setting"), [(name, setting) for name, setting, _ in DECLARED if setting.secret]
)
def test_secrets_are_masked_where_settings_are_shown(name: str, setting: Setting) -> None:
    value = "postgresql://me:opensesame@host/l" if name == "database_url" else "opensesame"
    shown = shown_value(msgspec.structs.replace(Settings(), **{name: value}), name, setting)
    assert "opensesame" not in shown and "•" in shown


def test_every_setting_that_the_code_reads_is_declared() -> None:
    known = {setting.variable for _, setting, _ in DECLARED} | {"LIANDONG_TEST_LONG"}
    found = set()
    for folder in ("schemas", "sync", "service", "migrations"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(re.findall(r"LIANDONG_[A-Z]+(?:_[A-Z]+)*", path.read_text()))
    assert found <= known
