"""Every error is problem details, whoever refuses: the router, the decoder, a service."""

import httpx
import pytest

from tests.api.platform import Caller, new_id, problem


async def test_an_unknown_path(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/api/v1/nothing"))["code"] == "not_found"
    assert problem(await client.get("/schema/nothing"))["code"] == "not_found"
    assert problem(await client.get("/assets/nothing.js"))["code"] == "not_found"


async def test_an_unknown_method(client: httpx.AsyncClient) -> None:
    response = await client.put("/api/v1/vehicles")
    assert problem(response)["code"] == "method_not_allowed"
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


async def test_options_names_the_methods_of_a_path(client: httpx.AsyncClient) -> None:
    response = await client.options(f"/api/v1/users/{new_id()}")
    assert response.status_code == 204
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


async def test_an_id_that_is_none(admin: Caller) -> None:
    assert problem(await admin.get("/vehicles/42"))["code"] == "not_found"


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b'{"name": "\xff"}', b'{"name": "\\ud800"}'])
async def test_a_body_that_is_not_json(
    admin: Caller, client: httpx.AsyncClient, body: bytes
) -> None:
    response = await client.post("/api/v1/fleets", content=body, headers=admin.headers)
    assert problem(response)["status"] in {400, 422}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 42}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"year": "2020"}, "year"),
        ({"year": 99999}, "year"),
        ({"purchaseDate": "yesterday"}, "purchaseDate"),
        ({"fleetId": "42"}, "fleetId"),
        ({"thresholds": {"stopMinDurationS": -1}}, "thresholds.stopMinDurationS"),
        ([], "body"),
    ],
)
async def test_a_value_that_is_not_allowed(admin: Caller, body: object, field: str) -> None:
    response = await admin.send("POST", "/vehicles", body)
    found = problem(response)
    assert response.status_code == 422
    assert found["code"] == "invalid_input"
    assert [error["field"] for error in found["errors"]] == [field]


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/vehicles", {"limit": "0"}, "limit"),
        ("/vehicles", {"limit": "many"}, "limit"),
        ("/vehicles", {"after": "nonsense"}, "after"),
        ("/vehicles", {"after": "é"}, "after"),
        ("/vehicles", {"state": "flying"}, "state"),
        ("/vehicles", {"fleetId": "null"}, "fleetId"),
        ("/trips", {"from": "yesterday"}, "from"),
        ("/trips", {"from": "2026-01-01T00:00:00"}, "from"),
        ("/trips", {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
        ("/trips", {"order": "sideways"}, "order"),
        ("/events", {"kind": "landed"}, "kind"),
        ("/feeds/positions", {"after": "e30"}, "after"),
    ],
)
async def test_a_parameter_that_is_not_allowed(
    admin: Caller, path: str, params: dict[str, str], field: str
) -> None:
    response = await admin.get(path, **params)
    assert response.status_code == 422
    assert [error["field"] for error in problem(response)["errors"]] == [field]


async def test_ten_megabytes_are_refused(admin: Caller, client: httpx.AsyncClient) -> None:
    body = b'{"name": "' + b"x" * 10_000_000 + b'"}'
    response = await client.post("/api/v1/fleets", content=body, headers=admin.headers)
    assert response.status_code == 413
    assert problem(response)["code"] == "payload_too_large"
    assert (await admin.get("/fleets")).status_code == 200


async def test_refused_requests_give_their_connections_back(admin: Caller) -> None:
    """One of the dependencies refuses while another has begun a transaction."""
    for _ in range(40):
        assert (await admin.get("/trips", **{"from": "never"})).status_code == 422
    assert (await admin.get("/trips")).status_code == 200
