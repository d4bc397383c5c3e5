"""How many are let in at a time: those that resume first, and no user at the cost of all others."""

import pytest

from harness.transports import open_stream
from harness.websocket import Refused
from harness.world import World, expect


async def refusal(user, kind, params=None):
    """The answer of who is kept out; None for who is let in."""
    try:
        stream = await open_stream(kind, user.address, user.token, {"probe": 0, **(params or {})}, hello=False)
        if kind == "poll":
            await stream.ask(timeout=0)
    except Refused as refused:
        return refused.response
    return None


@pytest.mark.sanitize
async def test_who_resumes_is_let_in_before_who_is_new(site):
    node = site.node("--admissions-per-s", "1", "--admissions-burst", "20")
    world = World(node.address)
    ann, bob = await world.users(2)
    cursor = (await ann.sync())["cursor"]
    answers = [await refusal(ann, ("ws", "sse", "poll")[n % 3]) for n in range(16)]
    refused = [answer for answer in answers if answer]
    assert answers[:10] == [None] * 10 and refused, answers
    for answer in refused:
        assert answer.status == 503 and 1 <= int(answer.header("retry-after")) <= 5, answer
        assert answer.json["code"] == "overloaded", answer
    assert await refusal(bob, "sse", {"cursor": cursor}) is None
    assert await refusal(ann, "ws", {"cursor": cursor}) is None
    expect(await ann.rest.get("/api/v1/users/me"), 200)
    world.close()


@pytest.mark.sanitize
async def test_a_user_who_connects_all_the_time_keeps_nobody_else_out(site):
    node = site.node("--user-admissions-per-s", "1")
    world = World(node.address)
    ann, bob = await world.users(2)
    poll = await ann.stream("poll")
    answers = [await refusal(ann, ("ws", "sse", "poll")[n % 3]) for n in range(40)]
    refused = [answer for answer in answers if answer]
    assert answers[:19] == [None] * 19 and refused, answers
    for answer in refused:
        assert answer.status == 429 and int(answer.header("retry-after")) >= 1, answer
        assert answer.json["code"] == "rate_limited", answer
    await poll.step(timeout=0)  # goes on: no new client
    assert await refusal(bob, "ws") is None
    proofs = [await ann.rest.post("/rt/v1/probe", json={"session": "s_none", "probe": "none"}) for _ in range(40)]
    assert {answer.status for answer in proofs} == {404, 429}, proofs
    world.close()
