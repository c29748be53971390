"""`--warm`: what the page asks for at first is stored before anybody asks."""

from __future__ import annotations

from tests.live import LiveServer


def test_the_first_fetch_is_stored() -> None:
    with LiveServer("demo", "--warm") as server:
        models = server.explorer()["description"]["models"]
        server.wait(lambda: sum("Warmed up" in line for line in server.output) == len(models))
        for model in models:
            asked = server.request(model=model["name"], samples=list(range(8)), method="integrated_gradients")
            answer = server.client.post("/api/jobs/check", json=asked)
            assert answer.status_code == 200, answer.text
            assert answer.json()["stored"] == 8


def test_the_page_speaks_the_language_of_the_setting() -> None:
    with LiveServer("demo", "--lang", "zh", wait_ready=False) as server:
        page = server.client.get("/").text
        assert 'name="attriscope-language" content="zh"' in page or "has not been built" in page
