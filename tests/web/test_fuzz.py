"""The REST interface under fire: schemathesis makes requests out of its description, good ones and bad ones.

What is asked: no answer is a 5xx, every answer is as described, and who may not write has written nothing.
"""

import base64
import contextlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks

from steelyard.web import routes_server, routes_state, routes_works
from steelyard.web.doors import ROOT

FEW = 3
MANY = pytest.param(40, marks=pytest.mark.slow)
ENDLESS = "/stream"
LONGEST, LONGEST_ADDRESS = 30, 65_000
CONFORM = [
    CHECKS.get_one("not_a_server_error"),
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
]


@pytest.fixture(scope="module")
def description(fuzzed: Any) -> Any:
    return schemathesis.openapi.from_url(f"{fuzzed.url}/api/v1/openapi.json")


OPERATIONS = [
    pytest.param(route.method, ROOT + route.path, id=f"{route.method}{route.path}")
    for table in (routes_works, routes_state, routes_server)
    for route in table.ROUTES
    if not route.path.endswith(ENDLESS)
]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


def _on_main(case: Any) -> None:
    """Most ids that are made up lead nowhere: aim at the works that is there, and keep steps and speed bearable."""
    if case.path_parameters.get("works_id") and len(str(case.body)) % 3:
        case.path_parameters["works_id"] = "main"
    if isinstance(case.body, dict) and isinstance(case.body.get("n"), int) and 0 < case.body["n"] <= 86_400:
        case.body["n"] = case.body["n"] % LONGEST + 1


def _headers(user: str | None, running: Any) -> dict[str, str]:
    if user is None:
        return {}
    known = {"fuzzer": "every-role-there-is", **running.passwords}
    coded = base64.b64encode(f"{user}:{known[user]}".encode()).decode()
    return {"Authorization": f"Basic {coded}"}


def _fire(operation: Any, examples: int, running: Any, *users: str | None) -> None:
    """Make requests of an operation, good and bad ones, as these users, and check the answers."""
    every = settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
    )
    for mode in MODES:

        @every
        @given(case=operation.as_strategy(generation_mode=mode))
        def shots(case: Any) -> None:
            _on_main(case)
            for user in users:
                answer = case.call(headers=_headers(user, running))
                if len(answer.request.url) > LONGEST_ADDRESS:
                    assert answer.status_code in (400, 404, 422)
                else:
                    case.validate_response(answer, checks=CONFORM)

        with contextlib.suppress(Unsatisfiable):  # what takes no input cannot be asked wrongly
            shots()


@pytest.mark.parametrize("examples", [FEW, MANY])
@pytest.mark.parametrize("method, path", OPERATIONS)
def test_it_holds_and_who_may_only_read_writes_nothing(
    method: str, path: str, examples: int, description: Any, fuzzed: Any
) -> None:  # fmt: skip
    _fire(description[path][method], examples, fuzzed, "fuzzer", "viewer", None)
    assert _done_by("viewer", "anonymous", fuzzed=fuzzed) == []


def _done_by(*users: str, fuzzed: Any) -> list[dict[str, Any]]:
    entries = fuzzed.site.audit.tail(1000)
    return [e for e in entries if e["kind"] in ("write", "command") and e.get("user") in users]


def test_the_fire_was_counted_and_the_works_stands(fuzzed: Any) -> None:
    counts = fuzzed.site.audit.counts
    assert counts.get("unhandled", 0) == 0
    assert counts.get("malformed", 0) > 0
    assert counts.get("refused", 0) > 0
    caller = fuzzed.speaking(_headers("fuzzer", fuzzed))
    assert caller.ok("POST", "/works/main/pause")["running"] is False
    before = caller.ok("GET", "/works/main")["steps"]
    assert caller.ok("POST", "/works/main/advance", {"n": 1})["step"] == before + 1
