"""The OpenAPI document: true enough for a fuzzer to find nothing, and for strangers to generate a client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.seed import DEMO_EMAIL, DEMO_PASSWORD
from rest_compat.engine.call import Mounted
from rest_compat.engine.contract import read_contract
from rest_compat.engine.openapi import describe
from rest_compat.servalodesk.dialect import SERVALODESK
from tests.kit.serving import serving

DOCUMENT = describe(SERVALODESK, Mounted(origin="http://day.example", prefix="/servalodesk"))
CONFIG = Path(__file__).with_name("schemathesis.toml")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_is_described() -> None:
    """Under its contract's id, with where it stands and what it is for."""
    contract = read_contract(SERVALODESK.contract)
    described = {
        (method, path): operation
        for method, path, operation in operations()
        if not operation.get("deprecated")
    }
    assert described.keys() == {(route.method, route.path) for route in SERVALODESK.routes}
    for (method, path), operation in described.items():
        documented = contract.at(method, path)
        assert documented is not None
        assert operation["operationId"] == documented.id
        assert operation["summary"] == documented.summary
        assert str(documented.status) in operation["responses"]
    aliases = {operation["operationId"] for _, _, operation in operations() if operation.get("deprecated")}
    assert "servalodesk.artists.update.put" in aliases
    assert DOCUMENT["servers"] == [{"url": "http://day.example/servalodesk"}]


def test_every_reference_leads_somewhere() -> None:
    """No schema is missing, and none is there for nothing."""
    used: set[str] = set()

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                used.add(part["$ref"].removeprefix("#/components/schemas/"))
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(DOCUMENT)
    assert used == DOCUMENT["components"]["schemas"].keys()


def test_errors_and_credentials_are_described() -> None:
    """Each operation lists every status it may refuse with; public ones ask for no credential."""
    for method, path, operation in operations():
        refusals = {status for status in operation["responses"] if status >= "400"}
        assert {"400", "401", "405", "429", "500"} <= refusals, (method, path)
        for status in refusals:
            content = operation["responses"][status]["content"]
            assert content == {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        is_public = path.startswith(("/v1/artists/{slug}/profile", "/v1/auth/", "/v1/waitlist/offers/"))
        assert operation["security"] == ([] if is_public else [{"bearer": []}]), (method, path)
        names = [parameter["name"] for parameter in operation["parameters"]]
        assert ("Idempotency-Key" in names) == (method != "GET")
    booking = DOCUMENT["paths"]["/v1/appointments"]["post"]["responses"]
    assert set(booking) == {
        "201",
        "400",
        "401",
        "403",
        "404",
        "405",
        "409",
        "413",
        "415",
        "422",
        "429",
        "500",
        "503",
    }
    assert booking["201"]["content"]["application/json"]["example"]["deposit_amount"] == 120


def test_requests_are_described_as_they_are_taken() -> None:
    """What is required, what may be null, bounds, defaults and the contract's remarks."""
    schemas = DOCUMENT["components"]["schemas"]
    booking = schemas["NewAppointment"]
    assert booking["required"] == ["client_id", "artist_id", "start_time", "duration_minutes"]
    assert booking["properties"]["duration_minutes"] == {"type": "integer", "minimum": 1, "maximum": 1440}
    assert booking["properties"]["quoted_price"] == {
        "type": ["number", "null"],
        "minimum": 0,
        "maximum": 1_000_000_000,
        "multipleOf": 0.01,
        "description": "USD",
    }
    assert schemas["NewArtist"]["properties"]["role"] == {
        "type": "string",
        "enum": ["owner", "artist", "staff"],
        "default": "artist",
        "description": "only owner is documented",
    }
    status = next(
        parameter
        for parameter in DOCUMENT["paths"]["/v1/appointments"]["get"]["parameters"]
        if parameter["name"] == "status"
    )
    assert status["schema"]["enum"] == ["pending", "confirmed", "completed", "no_show", "cancelled"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Daybook with its demo business, on SQLite."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, f"sqlite+aiosqlite:///{folder / 'daybook.db'}") as server:
        yield server.url


def signed_in(url: str) -> str:
    """A token of the demo business's owner."""
    login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
    return str(httpx.post(f"{url}/v1/auth/login", json=login, timeout=30).json()["token"])


def test_schemathesis_finds_nothing(served: str, tmp_path: Path) -> None:
    """Examples, boundaries, random values and sequences of calls: no fault, no lie in the description."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"{served}/v1/openapi.json", "--header", f"Authorization: Bearer {signed_in(served)}"),
            *("--max-examples", "6", "--seed", "1", "--workers", "1", "--warnings", "off", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout


def test_the_document_is_served(served: str) -> None:
    """At the root and by name, to anybody, as JSON."""
    for path, prefix in (("/v1/openapi.json", ""), ("/servalodesk/v1/openapi.json", "/servalodesk")):
        answer = httpx.get(served + path, timeout=30)
        assert answer.headers["content-type"] == "application/json"
        expected = describe(SERVALODESK, Mounted(origin=served, prefix=prefix))
        assert answer.json() == json.loads(json.dumps(expected))
