"""What every answer has in common: problems, request ids, methods, negotiation (PROTOCOL.md section 2)."""

import json

import pytest

from harness.http1 import HttpClient, build_request, exchange
from harness.problems import expect_problem
from harness.world import expect, unique


@pytest.mark.sanitize
@pytest.mark.parametrize("target", [
    "/", "/nope", "/api/v1/nope", "/api/v2/users/me", "/rt/v1/nope", "/api/v1/rooms//members", "/api/v1//nope",
    "/api/v1/rooms/r_x/messages/m_y/nope", "/api/v1/users/%00", "/api/v1/users/..%2f..%2fetc%2fpasswd"])
async def test_an_unknown_path_is_a_problem(world, target):
    ann = await world.user("ann")
    answer = await ann.rest.get(target)
    assert answer.status in (400, 404), answer
    expect_problem(answer, answer.status)


async def test_a_wrong_method_is_405_with_allow(world):
    ann = await world.user("ann")
    for method, target in (("DELETE", "/api/v1/sync"), ("PUT", "/api/v1/users"), ("POST", "/api/v1/users/me"),
                           ("PATCH", "/rt/v1/sse"), ("GET", "/api/v1/tickets")):
        answer = await ann.rest.request(method, target)
        expect_problem(answer, 405, "method_not_allowed")
        assert answer.header("allow"), answer


async def test_an_unknown_method_is_refused(server):
    answer = await exchange(server.address, build_request("BREW", "/api/v1/users/me"))
    assert answer.status in (400, 405, 501), answer


async def test_head_is_get_without_a_body(world):
    ann = await world.user("ann")
    answer = await ann.rest.request("HEAD", "/api/v1/users/me")
    assert answer.status in (200, 405) and answer.body == b"", answer
    expect(await ann.rest.get("/api/v1/users/me"), 200)  # and the framing is not out of step


@pytest.mark.sanitize
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"{\"text\":\"\xff\xfe\"}", b"{'a':1}",
                                  b"[" * 3000, b"{\"a\":" * 3000, b"\x00\x01\x02", b"{\"text\":\"x\"} trailing"])
async def test_a_body_that_is_not_a_json_object_is_a_problem(world, body):
    ann = await world.user("ann")
    room = await ann.new_room()
    answer = await ann.rest.request("POST", f"/api/v1/rooms/{room}/messages", body=body,
                                    headers={"Content-Type": "application/json"})
    assert answer.status in (400, 422), answer
    expect_problem(answer, answer.status)
    expect(await ann.rest.get("/api/v1/users/me"), 200)


async def test_another_content_type_is_415(world):
    ann = await world.user("ann")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await ann.rest.request("POST", "/api/v1/rooms", headers={"Content-Type": kind},
                                        body=json.dumps({"name": "x", "visibility": "public"}).encode())
        expect_problem(answer, 415)
    answer = await ann.rest.request("POST", "/api/v1/rooms", headers={"Content-Type": "application/json; charset=utf-8"},
                                    body=json.dumps({"name": unique("x"), "visibility": "public"}).encode())
    expect(answer, 201)


@pytest.mark.sanitize
async def test_a_body_above_64_kib_is_413(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    body = json.dumps({"text": "x", "pad": "y" * (64 * 1024)}).encode()
    answer = await exchange(ann.address, build_request(
        "POST", f"/api/v1/rooms/{room}/messages",
        {"Authorization": f"Bearer {ann.token}", "Content-Type": "application/json"}, body))
    expect_problem(answer, 413, "content_too_large")


async def test_a_well_formed_request_id_is_taken_over_and_others_are_replaced(world):
    ann = await world.user("ann")
    taken = expect(await ann.rest.get("/api/v1/users/me", headers={"X-Request-Id": "abc-DEF-0123456789"}), 200)
    assert taken.header("x-request-id") == "abc-DEF-0123456789"
    seen = set()
    for odd in (None, "", "x" * 500, "a b", "<script>", "a\"b"):
        answer = await ann.rest.get("/api/v1/users/me", headers={"X-Request-Id": odd})
        made = answer.header("x-request-id")
        assert made and made != odd and len(made) <= 128 and made not in seen, answer
        seen.add(made)
    client = HttpClient(ann.address)
    problem = expect_problem(await client.get("/api/v1/users/me", headers={"X-Request-Id": "given-1"}), 401)
    assert problem["request_id"] == "given-1"
    client.close()


async def test_a_post_may_override_its_method(world):
    ann = await world.user("ann")
    changed = await ann.rest.post("/api/v1/users/me", {"display_name": "Overridden"},
                                  headers={"X-HTTP-Method-Override": "PATCH"})
    assert expect(changed, 200).json["display_name"] == "Overridden"
    expect(await ann.rest.post("/api/v1/sessions/current", headers={"X-HTTP-Method-Override": "DELETE"}), 204)
    expect_problem(await ann.rest.get("/api/v1/users/me"), 401)


async def test_only_a_post_may_override_and_only_with_put_patch_or_delete(world):
    ann = await world.user("ann")
    expect(await ann.rest.get("/api/v1/users/me", headers={"X-HTTP-Method-Override": "DELETE"}), 200)
    answer = await ann.rest.post("/api/v1/users/me", headers={"X-HTTP-Method-Override": "GET"})
    assert answer.status in (400, 405), answer


@pytest.mark.sanitize
@pytest.mark.parametrize("headers", [
    {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}, {"Accept": "*; q=.2"}, {"Accept": ""},
    {"Accept": ";;;,,=q"}, {"Cookie": "novalue"}, {"Cookie": "a=b; c; =d; e=f=g; \"q\""}, {"Cookie": ";;;"},
    {"Cache-Control": "No-Cache"}, {"Cache-Control": "max-age=abc, =, private="}, {"Date": "yesterday"},
    {"Host": "[::1"}, {"Host": "a:b:c"}, {"Host": ""}, {"User-Agent": ""}, {"If-None-Match": "*"},
    {"Range": "bytes=0-1"}, {"Expect": "100-continue"}, {"Connection": "keep-alive, Foo"}, {"TE": "trailers"},
    {"Content-Encoding": "gzip"}, {"Authorization-X": "y"}, {"Accept-Encoding": "br;q=x"}])
async def test_odd_headers_of_real_clients_are_served(world, headers):
    ann = await world.user("ann")
    request = build_request("GET", "/api/v1/users/me", [*headers.items(), ("Authorization", f"Bearer {ann.token}")],
                            host=None if "Host" in headers else "localhost")
    answer = await exchange(ann.address, request)
    if "Host" in headers and answer.status == 400:  # RFC 9112 section 3.2 asks for it
        expect_problem(answer, 400)
    else:
        assert expect(answer, 200).json["id"] == ann.id


async def test_http_1_0_is_answered_and_closed(world):
    from harness.http1 import read_response
    from harness.wire import Wire
    ann = await world.user("ann")
    wire = await Wire.connect(ann.address)
    await wire.send(build_request("GET", "/api/v1/users/me", {"Authorization": f"Bearer {ann.token}"}, version="HTTP/1.0"))
    answer = expect(await read_response(wire), 200)
    assert answer.json["id"] == ann.id and await wire.ended()
    wire.close()


async def test_connection_close_is_honoured(world):
    from harness.http1 import read_response
    from harness.wire import Wire
    ann = await world.user("ann")
    for word in ("close", "Close", "foo, CLOSE"):
        wire = await Wire.connect(ann.address)
        await wire.send(build_request("GET", "/api/v1/users/me",
                                      {"Authorization": f"Bearer {ann.token}", "Connection": word}))
        expect(await read_response(wire), 200)
        assert await wire.ended(), f"Connection: {word} did not close"
        wire.close()


async def test_many_requests_share_one_connection(world):
    ann = await world.user("ann")
    expect(await ann.rest.get("/api/v1/users/me"), 200)
    wire = ann.rest.wire
    for _ in range(300):
        expect(await ann.rest.get("/api/v1/users/me"), 200)
    assert ann.rest.wire is wire, "keep-alive was not kept"


async def test_the_operators_endpoints_answer(server):
    client = HttpClient(server.address)
    expect(await client.get("/healthz"), 200)
    ready = expect(await client.get("/readyz"), 200)
    assert b"degraded" in ready.body or b"redis" in ready.body.lower(), ready
    metrics = expect(await client.get("/metrics"), 200)
    assert b"# TYPE" in metrics.body and metrics.header("content-type").startswith("text/plain")
    client.close()


async def test_the_control_endpoint_answers_without_an_account(server):
    client = HttpClient(server.address)
    answer = expect(await client.get("/rt/v1/hello", headers={"X-Odd-Header": "1"}), 200)
    text = answer.body.decode().lower()
    assert "x-odd-header" in text and "websocket" in text and "sse" in text and "poll" in text and "1.1" in text
    assert "no-store" in answer.header("cache-control"), answer
    client.close()
