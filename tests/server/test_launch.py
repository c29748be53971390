from __future__ import annotations

from pathlib import Path

import pytest

from attriscope.launch import access_for, with_mode
from attriscope.options import Unusable
from attriscope.settings import Settings

TOKEN = "a-token-for-tests"
OUTSIDE = {"host": "0.0.0.0", "allowed_hosts": "gpu7.lab"}


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text("anna: annas-token\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a5_other_machines_need_allowed_hosts_and_make_it_a_team_server() -> None:
    with pytest.raises(Unusable, match="--allowed-hosts"):
        with_mode(Settings(host="0.0.0.0"))
    settings = with_mode(Settings(**OUTSIDE))
    assert settings.mode == "team"
    assert not settings.details
    assert with_mode(Settings(**OUTSIDE, mode="demo")).mode == "demo"
    assert with_mode(Settings(host="::1")).mode == "local"
    assert with_mode(Settings(mode="team")).mode == "team"


def test_a5_local_mode_stays_on_this_machine() -> None:
    with pytest.raises(Unusable, match=r"--mode is 'local' and --host 0\.0\.0\.0"):
        with_mode(Settings(**OUTSIDE, mode="local"))


@pytest.mark.parametrize("mode", ["local", "team"])
def test_a5_a_token_is_generated_where_none_is_given(mode: str) -> None:
    tokens = [access_for(with_mode(Settings(mode=mode)), 1)[1] for _ in range(2)]
    assert all(token and len(token) >= 32 for token in tokens)
    assert tokens[0] != tokens[1]
    access, token = access_for(Settings(mode=mode, token=TOKEN), 1)
    assert token == TOKEN
    assert access.enter(TOKEN)
    assert not access.enter("another-token")
    assert not access.open


def test_named_tokens_are_not_printed(token_file: Path) -> None:
    access, token = access_for(Settings(mode="team", token_file=token_file), 1)
    assert token is None
    assert access.enter("annas-token")


def test_a_demo_is_open_unless_it_has_named_tokens(token_file: Path) -> None:
    access, token = access_for(Settings(mode="demo"), 1)
    assert (access.open, token) == (True, None)
    access, token = access_for(Settings(mode="demo", token=TOKEN), 1)
    assert (access.open, token) == (True, None)
    assert access.enter(TOKEN)
    access, _ = access_for(Settings(mode="demo", token_file=token_file), 1)
    assert not access.open


def test_a_token_and_a_file_of_tokens_do_not_go_together(token_file: Path) -> None:
    with pytest.raises(Unusable, match="both given"):
        with_mode(Settings(mode="team", token=TOKEN, token_file=token_file))


def test_an_open_demo_binds_no_address_without_allowed_hosts() -> None:
    with pytest.raises(Unusable, match="--allowed-hosts"):
        with_mode(Settings(mode="demo", host="0.0.0.0"))
