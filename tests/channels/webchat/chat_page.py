"""What the page of the web chat asks of the server."""

from typing import Any

from fastapi.testclient import TestClient

PATH = "/api/chat/conversations"


def post(http: TestClient, token: str, key: str = "message-1", **content: Any) -> Any:
    return http.post(f"{PATH}/{token}/messages", json={"id": key, **content})


def read(http: TestClient, token: str, **query: Any) -> dict[str, Any]:
    answer = http.get(f"{PATH}/{token}/messages", params=query)
    assert answer.status_code == 200
    found = answer.json()
    assert isinstance(found, dict)
    return found


def history(http: TestClient, token: str) -> list[tuple[str, str]]:
    """Who said what."""
    return [(m["from"], m["text"]) for m in http.get(f"{PATH}/{token}/history").json()["messages"]]
