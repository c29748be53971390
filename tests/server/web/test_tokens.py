from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest

from attriscope.web.security import Access
from attriscope.web.tokens import TokenFile, Tokens, parse
from tests.server.web.conftest import serving

ANNA, BEN = "anna-token-1", "ben-token-22"


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_file_has_named_tokens_comments_and_blank_lines() -> None:
    assert parse(f"# team\n\n anna:{ANNA}\nben@lab.org : {BEN} \r\n") == {"anna": ANNA, "ben@lab.org": BEN}
    assert parse(f"{ANNA}\n") == {"": ANNA}
    assert parse("a: b:c:d:e:f") == {"a": "b:c:d:e:f"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no token"),
        ("# nothing\n", "no token"),
        ("anna: short", "line 1: a token is at least 8"),
        (f"anna: {ANNA}\nanna: {BEN}", "line 2: there is a token of that name"),
        (f"anna: {ANNA}\nben: {ANNA}", "line 2: another name has the same token"),
        (f"{ANNA}\nben: {BEN}", "give every token a name"),
        (f"an na: {ANNA}", "line 1: a name is"),
        (f"~: {ANNA}", "line 1: a name is"),
        ("anna: two words here", "without spaces"),
        ("anna: tökén-tökén", "ASCII"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_without_its_token(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        parse(text)
    assert ANNA not in str(raised.value)


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_file_that_others_can_read_is_refused_and_one_that_the_group_can_is_not(tmp_path: Path) -> None:
    path = write(tmp_path / "tokens", f"anna: {ANNA}\n", 0o644)
    with pytest.raises(ValueError, match="chmod o-rwx"):
        TokenFile(path)
    path.chmod(0o640)
    assert TokenFile(path).holder(ANNA) == "anna"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--token-file .*none cannot be used: No such file"):
        TokenFile(tmp_path / "none")


def test_tokens_know_their_holders_and_nobody_else() -> None:
    tokens = Tokens({"anna": ANNA, "ben": BEN})
    assert [tokens.holder(given) for given in (ANNA, BEN, "", "anna", "é", ANNA[:-1])] == ["anna", "ben"] + [None] * 4


def test_a6_an_edited_file_is_read_again_at_most_once_a_second(tmp_path: Path) -> None:
    path, clock = write(tmp_path / "tokens", f"anna: {ANNA}\nben: {BEN}\n"), Clock()
    tokens = TokenFile(path, clock)
    access = Access(tokens, 1)
    annas, bens = access.enter(ANNA), access.enter(BEN)
    assert annas is not None
    assert bens is not None
    write(path, "anna: another-token\nben: ben-token-22\n# edited\n")
    clock.now += 0.5
    assert tokens.holder(ANNA) == "anna"
    clock.now += 0.6
    assert tokens.holder(ANNA) is None
    assert tokens.holder("another-token") == "anna"
    assert access.identity_of(annas) is None
    found = access.identity_of(bens)
    assert found is not None
    assert found.user == "ben"


def test_a6_a_broken_edit_keeps_the_old_tokens_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, clock = write(tmp_path / "tokens", f"anna: {ANNA}\n"), Clock()
    tokens = TokenFile(path, clock)
    for broken in (lambda: write(path, f"anna {ANNA}\nben: x\n"), lambda: path.unlink()):
        broken()
        caplog.clear()
        for _ in range(5):
            clock.now += 2
            assert tokens.holder(ANNA) == "anna"
        assert [record.levelno for record in caplog.records] == [logging.ERROR]
        assert ANNA not in caplog.text
    write(path, f"ben: {BEN}\n")
    clock.now += 2
    assert tokens.holder(ANNA) is None
    assert tokens.holder(BEN) == "ben"


def test_a_cookie_of_one_name_is_no_cookie_of_another() -> None:
    access = Access(Tokens({"anna": ANNA, "ben": BEN}), 1)
    cookie = access.enter(ANNA)
    assert cookie is not None
    session, signature, _ = cookie.split(".")
    assert access.identity_of(f"{session}.{signature}.ben") is None
    assert access.identity_of(f"{session}.{signature}.~") is None
    other = "1" if session[0] == "0" else "0"
    assert access.identity_of(f"{other}{session[1:]}.{signature}.anna") is None


def test_a6_a_removed_tokens_cookies_and_streams_end(tmp_path: Path) -> None:
    path = write(tmp_path / "tokens", f"anna: {ANNA}\nben: {BEN}\n")
    with serving(tokens=TokenFile(path)) as server:
        anna = server.cookie(server.ask(f"/?token={ANNA}", known=False))
        ben = server.cookie(server.ask(f"/?token={BEN}", known=False))
        for cookie in (anna, ben):
            assert server.ask("/api/explorers", headers=cookie, known=False).status == 200
        ended = []
        reader = threading.Thread(
            target=lambda: ended.append(server.ask("/api/events", headers=anna, known=False).status)
        )
        reader.start()
        reader.join(0.5)
        assert not ended
        write(path, f"ben: {BEN}\n# anna has left\n")
        reader.join(20)
        assert ended == [200]
        assert server.ask("/api/explorers", headers=anna, known=False).status == 401
        assert server.ask("/api/events", headers=anna, known=False).status == 401
        assert server.ask("/api/explorers", headers=ben, known=False).status == 200
        bearer = {"Authorization": f"Bearer {BEN}"}
        assert server.ask("/api/explorers", headers=bearer, known=False).status == 200
