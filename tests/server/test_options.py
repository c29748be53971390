"""One table: settings → --help → docs/settings.md."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from attriscope import settings_docs
from attriscope.cli import cli
from attriscope.options import Unusable, read_settings, rows
from attriscope.settings import Settings
from tests.live import ROOT

TABLE = rows()


def help_of(command: str) -> str:
    """The help as a terminal shows it that is wide enough for every line."""
    result = CliRunner().invoke(cli, [command, "--help"], env={"COLUMNS": "400", "NO_COLOR": "1", "TERM": "dumb"})
    assert result.exit_code == 0
    return result.output


def words(text: str) -> str:
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


@pytest.fixture(scope="module", params=["serve", "demo"])
def shown(request: pytest.FixtureRequest) -> str:
    return help_of(request.param)


def test_every_setting_is_a_row_with_a_group_and_a_description() -> None:
    assert [row.name for row in TABLE] == list(Settings.model_fields)
    for row in TABLE:
        assert row.group
        assert row.description
        assert row.variable == f"ATTRISCOPE_{row.name.upper()}"


def test_every_option_its_default_and_its_text_stand_in_help(shown: str) -> None:
    for row in TABLE:
        for option in filter(None, row.option.split("/")):
            assert re.search(rf"{option}(?![\w-])", shown), option
    for row in TABLE:
        if row.option:
            default = f" [default: {row.default}]" if row.default and not row.flag else ""
            assert f"{row.description}{default}" in words(shown), row.name


def test_the_groups_are_the_panels_of_help(shown: str) -> None:
    for group in {row.group for row in TABLE}:
        assert re.search(rf"╭─+ {group} ─+╮", shown)


def test_the_token_is_on_no_command_line(shown: str) -> None:
    assert not re.search(r"--token(?![\w-])", shown)
    assert next(row for row in TABLE if row.name == "token").option == ""


def test_the_page_in_docs_is_the_one_written_from_the_table() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert text == settings_docs.page()
    for row in TABLE:
        (line,) = [line for line in text.splitlines() if f"`{row.variable}`" in line]
        for cell in (row.option, row.default, row.bounds, row.description):
            assert cell.replace("|", "\\|") in line


def test_a_checked_page_that_differs_fails(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["settings_docs", str(tmp_path)])
    settings_docs.main()
    monkeypatch.setattr("sys.argv", ["settings_docs", "--check", str(tmp_path)])
    settings_docs.main()
    monkeypatch.setattr(settings_docs, "page", lambda: "other")
    with pytest.raises(SystemExit, match="make docs"):
        settings_docs.main()


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("idle_unload", "15m", 900.0),
        ("idle_unload", "off", None),
        ("job_deadline", "1.5h", 5400.0),
        ("grace", "0", 0.0),
        ("store_bytes", "2G", 2 << 30),
        ("store_bytes", "512MiB", 512 << 20),
        ("allowed_hosts", "gpu7.lab, 10.0.0.7,", ["gpu7.lab", "10.0.0.7"]),
        ("port", "0", 0),
        ("reload", True, True),
        ("path_prefix", "/xai/", "/xai"),
    ],
)
def test_values_are_read_as_they_are_typed(name: str, given: object, expected: object) -> None:
    assert getattr(read_settings({name: given, "devices": None}), name) == expected


def test_options_go_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRISCOPE_GRACE", "7s")
    monkeypatch.setenv("ATTRISCOPE_MAX_BATCH", "3")
    settings = read_settings({"grace": "1m"})
    assert (settings.grace, settings.max_batch) == (60.0, 3)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("port", "99999", "--port is '99999': it must be less than or equal to 65535."),
        ("port", "many", "--port is 'many': it must be a valid integer"),
        ("grace", "soon", "--grace is 'soon': it must be a duration such as 90, 30s, 15m or 2h."),
        ("grace", "-1", "--grace is '-1': it must be greater than or equal to 0."),
        ("store_bytes", "much", "--store-bytes is 'much': it must be a size such as 512M or 2G."),
        ("mode", "open", "--mode is 'open': it must be 'local', 'team' or 'demo'."),
        ("memory_reserve", "1", "--memory-reserve is '1': it must be less than 1."),
        ("path_prefix", "xai", "--path-prefix is 'xai': it must be a path such as /attriscope."),
        ("trusted_proxies", "proxy", "'proxy' is no address and no network such as 10.0.0.0/8."),
        ("log_format", "xml", "--log-format is 'xml': it must be 'text' or 'json'."),
    ],
)
def test_errors_name_the_option_the_value_and_the_bound(name: str, value: str, said: str) -> None:
    with pytest.raises(Unusable) as raised:
        read_settings({name: value})
    assert said in str(raised.value)


def test_errors_of_the_environment_name_the_variable_and_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRISCOPE_MAX_BATCH", "0")
    with pytest.raises(Unusable, match="ATTRISCOPE_MAX_BATCH is '0': it must be greater than or equal to 1"):
        read_settings({})
    monkeypatch.delenv("ATTRISCOPE_MAX_BATCH")
    monkeypatch.setenv("ATTRISCOPE_TOKEN", "sh0rt")
    with pytest.raises(Unusable, match="ATTRISCOPE_TOKEN is not shown here") as raised:
        read_settings({})
    assert "sh0rt" not in str(raised.value)
