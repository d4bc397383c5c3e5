"""RFC 9457 problems as PROTOCOL.md section 2 fixes them."""


def expect_problem(response, status, code=None):
    """Checks every member of a problem answer and returns the body."""
    assert response.status == status, f"expected {status}, got {response}"
    kind = response.header("content-type") or ""
    assert kind.startswith("application/problem+json"), f"{status} is not a problem: {response}"
    body = response.json
    for name in ("type", "title", "status", "code", "detail", "request_id"):
        assert name in body, f"the problem lacks {name!r}: {response}"
    assert body["status"] == status, response
    assert body["request_id"] == response.header("x-request-id"), response
    assert body["code"] == body["code"].lower() and " " not in body["code"], response
    if code:
        assert body["code"] == code, response
    if status == 422:
        assert body.get("fields"), f"a 422 without fields: {response}"
        assert all(isinstance(why, str) and why for why in body["fields"].values()), response
    return body
