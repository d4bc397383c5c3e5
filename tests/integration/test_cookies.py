"""The cookie of a browser on every transport, and pages that may not use it."""

import pytest

from harness.http1 import HttpClient
from harness.problems import expect_problem
from harness.transports import next_message
from harness.sse import Sse
from harness.websocket import Refused, WebSocket
from harness.world import PASSWORD, World, expect, unique

APP, EVIL = "https://app.example", "https://evil.example"
CSRF = {"X-Fairlead-CSRF": "1"}
OWN = {"Origin": "http://localhost"}


@pytest.fixture(scope="module")
def node(shared_site):
    return shared_site.node("--drain-seconds", "1", "--origin", APP, redis=None)


async def sign_up(node, headers):
    client = HttpClient(node.address)
    try:
        return await client.post("/api/v1/users", {"name": unique("ann"), "password": PASSWORD, "cookie": True},
                                 headers=headers)
    finally:
        client.close()


@pytest.fixture
def browser(node):
    """(cookie, client with it) of somebody new."""
    async def make():
        answer = expect(await sign_up(node, {**CSRF, **OWN}), 201)
        cookie = answer.header("set-cookie").split(";")[0]
        return cookie, HttpClient(node.address, headers={"Cookie": cookie, **CSRF, **OWN}), answer.json["user"]
    return make


async def open_ws(node, cookie, headers):
    return await WebSocket.open(node.address, None, params={"probe": 0}, headers=[("Cookie", cookie), *headers.items()])


async def open_sse(node, cookie, headers, **kw):
    return await Sse.open(node.address, None, params={"probe": 0}, headers=[("Cookie", cookie), *headers.items()], **kw)


@pytest.mark.sanitize
async def test_streams_of_the_own_page_are_opened_with_it(node, browser):
    cookie, client, user = await browser()
    room = expect(await client.post("/api/v1/rooms", {"name": unique("room"), "visibility": "public"}), 201).json["id"]
    streams = [await open_ws(node, cookie, OWN), await open_sse(node, cookie, OWN), await open_sse(node, cookie, {}),
               await open_sse(node, cookie, {**OWN, **CSRF}, method="POST")]
    for stream in streams:
        assert (await stream.next_event()).body["user"]["id"] == user["id"]
    first = expect(await client.get("/rt/v1/poll"), 200).json
    expect(await client.post(f"/api/v1/rooms/{room}/messages", {"text": "hello"}), 201)
    for stream in streams:
        assert (await next_message(stream)).body["data"]["text"] == "hello"
        stream.abandon()
    again = expect(await client.get(f"/rt/v1/poll?cursor={first['cursor']}&session={first['session']}"), 200).json
    assert "message.created" in [event["type"] for event in again["events"]]
    client.close()


@pytest.mark.sanitize
@pytest.mark.parametrize("headers", [{"Origin": EVIL}, {"Origin": "null"}, {"Origin": "http://localhost:1"},
                                     {"Sec-Fetch-Site": "cross-site"}])
async def test_streams_of_other_pages_are_not(node, browser, headers):
    cookie, client, _ = await browser()
    for opening in (open_ws, open_sse):
        with pytest.raises(Refused) as refused:
            await opening(node, cookie, headers)
        expect_problem(refused.value.response, 403)
    bare = HttpClient(node.address, headers={"Cookie": cookie})
    expect_problem(await bare.get("/rt/v1/poll", headers=headers), 403)
    expect_problem(await bare.post("/rt/v1/poll", {}, headers={**headers, **CSRF}), 403)
    bare.close()
    client.close()


async def test_a_websocket_with_it_must_say_its_page(node, browser):
    cookie, client, _ = await browser()
    with pytest.raises(Refused) as refused:
        await open_ws(node, cookie, {})
    expect_problem(refused.value.response, 403)
    client.close()


async def test_a_post_without_the_header_is_refused(node, browser):
    cookie, client, user = await browser()
    bare = HttpClient(node.address, headers={"Cookie": cookie, **OWN})
    for path in ("/api/v1/rooms", "/api/v1/tickets", "/rt/v1/probe", "/rt/v1/sse", "/rt/v1/poll"):
        expect_problem(await bare.post(path, {}), 403)
    expect_problem(await bare.delete("/api/v1/sessions/current"), 403)
    expect(await client.get("/api/v1/users/me"), 200)
    bare.close()
    client.close()


async def test_a_listed_page_uses_it_and_reads_the_answers(node, browser):
    cookie, client, user = await browser()
    listed = {"Cookie": cookie, "Origin": APP, **CSRF}
    app = HttpClient(node.address, headers=listed)
    answer = expect(await app.get("/api/v1/users/me"), 200)
    assert answer.header("access-control-allow-origin") == APP
    assert answer.header("access-control-allow-credentials") == "true"
    stream = await open_sse(node, cookie, {"Origin": APP})
    assert stream.response.header("access-control-allow-origin") == APP
    stream.abandon()
    first = expect(await app.get("/rt/v1/poll"), 200)
    assert first.header("access-control-allow-origin") == APP
    for _ in "12":  # the second one is known by its head
        again = expect(await app.get(f"/rt/v1/poll?timeout=0&cursor={first.json['cursor']}&session={first.json['session']}"), 200)
        assert again.header("access-control-allow-origin") == APP
    app.close()
    client.close()


async def test_no_other_page_reads_any_answer(node, browser):
    cookie, client, _ = await browser()
    for origin in (EVIL, "null", "http://app.example", APP + ".evil.example"):
        bare = HttpClient(node.address, headers={"Origin": origin})
        for answer in (await bare.get("/api/v1/users/me"), await bare.get("/rt/v1/hello"), await bare.get("/nowhere"),
                       await bare.request("OPTIONS", "/api/v1/rooms", headers={"Access-Control-Request-Method": "POST"})):
            assert answer.header("access-control-allow-origin") is None, answer
        bare.close()
    client.close()


async def test_a_preflight_lets_listed_pages_send_what_the_api_needs(node):
    client = HttpClient(node.address, headers={"Origin": APP, "Access-Control-Request-Method": "POST",
                                               "Access-Control-Request-Headers": "authorization,x-fairlead-csrf"})
    for path in ("/api/v1/rooms", "/rt/v1/connect"):
        answer = expect(await client.request("OPTIONS", path), 204)
        assert answer.header("access-control-allow-origin") == APP
        assert "POST" in answer.header("access-control-allow-methods")
        allowed = answer.header("access-control-allow-headers").lower()
        assert all(name in allowed for name in ("authorization", "x-fairlead-csrf", "if-none-match"))
        assert "ETag" in answer.header("access-control-expose-headers")
    client.close()


async def test_a_bearer_token_wins_over_it(node, browser):
    cookie, client, user = await browser()
    world = World(node.address)
    bob = await world.user("bob")
    both = HttpClient(node.address, bob.token, headers={"Cookie": cookie})
    assert expect(await both.get("/api/v1/users/me"), 200).json["id"] == bob.id
    stream = await WebSocket.open(node.address, bob.token, params={"probe": 0}, headers=[("Cookie", cookie)], via="subprotocol")
    assert (await stream.next_event()).body["user"]["id"] == bob.id
    stream.abandon()
    both.close()
    client.close()
    world.close()


async def test_logging_out_ends_its_streams_and_takes_it_away(node, browser):
    cookie, client, _ = await browser()
    stream = await open_ws(node, cookie, OWN)
    assert (await stream.next_event()).type == "hello"
    answer = expect(await client.delete("/api/v1/sessions/current"), 204)
    assert "Max-Age=0" in answer.header("set-cookie")
    _, closed = await stream.until_closed()
    assert closed.code == 4001
    expect_problem(await client.get("/api/v1/users/me"), 401)
    client.close()


async def test_through_a_proxy_the_scheme_decides_what_is_set_and_taken(node):
    over_tls = HttpClient(node.unix_path,
                          headers={"X-Forwarded-Proto": "https", "Origin": "https://localhost", **CSRF})
    answer = expect(await over_tls.post("/api/v1/users", {"name": unique("ann"), "password": PASSWORD, "cookie": True}), 201)
    cookie = answer.header("set-cookie")
    assert cookie.startswith("__Host-fairlead=") and cookie.endswith("; Secure")
    value = cookie.split(";")[0].split("=", 1)[1]
    expect(await over_tls.get("/api/v1/users/me", headers={"Cookie": f"__Host-fairlead={value}"}), 200)
    # Anybody on an unencrypted way can set a cookie of this name.
    expect_problem(await over_tls.get("/api/v1/users/me", headers={"Cookie": f"fairlead={value}"}), 401)
    unencrypted = {"Cookie": f"__Host-fairlead={value}", "Origin": "http://localhost"}
    expect_problem(await over_tls.get("/api/v1/users/me", headers=unencrypted), 403)
    over_tls.close()


@pytest.mark.nginx
async def test_a_page_behind_nginx_signs_up_and_opens_its_streams(site, node):
    nginx = site.proxy(node)
    host = f"127.0.0.1:{nginx.port}"
    page = {"Host": host, "Origin": f"http://{host}", **CSRF}
    client = HttpClient(nginx.address, headers=page)
    answer = expect(await client.post("/api/v1/users", {"name": unique("ann"), "password": PASSWORD, "cookie": True}), 201)
    cookie = answer.header("set-cookie").split(";")[0]
    expect(await client.get("/api/v1/users/me", headers={"Cookie": cookie}), 200)
    stream = await WebSocket.open(nginx.address, None, host=host, params={"probe": 0},
                                  headers=[("Cookie", cookie), ("Origin", page["Origin"])])
    assert (await stream.next_event()).body["user"]["id"] == answer.json["user"]["id"]
    stream.abandon()
    with pytest.raises(Refused) as refused:
        await WebSocket.open(nginx.address, None, host=host, headers=[("Cookie", cookie), ("Origin", EVIL)])
    assert refused.value.response.status == 403
    client.close()
