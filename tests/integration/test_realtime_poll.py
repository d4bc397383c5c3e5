"""Long poll: acknowledged by the next cursor alone (PROTOCOL.md section 5)."""

import asyncio
import time

import pytest

from harness.events import message_of
from harness.http1 import HttpClient
from harness.poll import PollAnswer
from harness.timing import eventually, patience
from harness.transports import next_of, open_stream
from harness.world import World, expect


def texts(answer):
    return [message_of(e)["text"] for e in answer.events if e.type == "message.created"]


@pytest.mark.sanitize
async def test_the_first_poll_answers_at_once_with_hello(server, world):
    ann = await world.user("ann")
    poll = await ann.stream("poll", hello=False)
    begun = time.monotonic()
    answer = await poll.step(timeout=30)
    assert time.monotonic() - begun < patience(5)
    hello = answer.events[0]
    assert hello.type == "hello" and hello.body["session"] == answer.session
    assert answer.cursor and answer.body["heartbeat_seconds"] == 20
    assert isinstance(answer.body["poll_again_ms"], int)


@pytest.mark.sanitize
async def test_a_poll_is_held_until_an_event_comes(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await ann.stream("poll", {"events": "durable"})
    held = asyncio.create_task(poll.ask(timeout=40))
    done, _ = await asyncio.wait([held], timeout=1.0)
    assert not done, f"answered with nothing to say: {held.result() if done else ''}"
    begun = time.monotonic()
    await bob.say(room, "wake up")
    answer = await held
    assert texts(answer) == ["wake up"] and time.monotonic() - begun < patience(3)
    assert answer.cursor == answer.events[-1].cursor


@pytest.mark.sanitize
async def test_a_poll_without_events_ends_at_its_timeout_with_none(server, world):
    ann = await world.user("ann")
    poll = await ann.stream("poll", {"events": "durable"})
    cursor = poll.cursor
    for timeout, least in ((0, 0), (2, 1.5)):
        begun = time.monotonic()
        answer = await poll.step(timeout=timeout)
        assert answer.events == [] and answer.cursor == cursor
        assert least <= time.monotonic() - begun < patience(timeout + 4)


@pytest.mark.sanitize
async def test_only_the_next_cursor_acknowledges(server, world):
    """An answer that was lost on the way is given again, as often as asked."""
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await ann.stream("poll")
    await bob.say(room, "given")
    await bob.say(room, "again")
    answers = [await poll.ask() for _ in range(3)]
    durable = [[e.raw for e in a.events if e.cursor] for a in answers]
    assert len(durable[0]) == 2 and durable[0] == durable[1] == durable[2]
    poll.take(answers[0])
    await bob.say(room, "next")
    assert texts(await poll.step()) == ["next"]


@pytest.mark.sanitize
async def test_a_poll_cut_before_its_answer_is_read_loses_nothing(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await ann.stream("poll")
    for n in range(6):
        before = server.process.open_fds()
        lost = asyncio.create_task(poll.ask(timeout=30))
        await asyncio.sleep(0.05)
        if n % 2:
            await bob.say(room, f"m{n}")
        lost.cancel()
        try:
            await lost
        except (asyncio.CancelledError, Exception):
            pass
        if n % 3:
            poll.client.wire and poll.client.wire.reset()
        poll.client.close()
        await eventually(lambda: server.process.open_fds() <= before, 15, "the left poll is freed")
        if not n % 2:
            await bob.say(room, f"m{n}")
    got = []
    while len(got) < 6:
        got += texts(await poll.step(timeout=5))
    assert got == [f"m{n}" for n in range(6)]


async def test_limit_bounds_an_answer_and_loses_nothing(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await ann.stream("poll", {"events": "durable"})
    for n in range(25):
        await bob.say(room, f"{n}")
    got = []
    while len(got) < 25:
        answer = await poll.step(limit=10)
        assert 0 < len(answer.events) <= 10
        got += texts(answer)
    assert got == [f"{n}" for n in range(25)]


@pytest.mark.sanitize
async def test_a_second_poll_of_a_session_supersedes_the_first(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await ann.stream("poll", {"events": "durable"})
    other = await ann.stream("poll", {"cursor": poll.cursor, "session": poll.session, "events": "durable"}, hello=False)
    first = asyncio.create_task(poll.ask(timeout=40))
    await asyncio.sleep(0.3)
    second = asyncio.create_task(other.ask(timeout=40))
    answer = await asyncio.wait_for(first, patience(10))
    assert answer.superseded is True and not texts(answer)
    await bob.say(room, "for the second")
    assert texts(await asyncio.wait_for(second, patience(10))) == ["for the second"]


@pytest.mark.sanitize
async def test_ephemeral_events_between_two_polls_are_kept(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await ann.stream("poll")
    await poll.step(timeout=0)
    stream = await ann.stream("ws")
    await bob.rest.post(f"/api/v1/rooms/{room}/typing")
    await next_of(stream, "typing")  # it has happened, while no poll was open
    answer = await poll.step(timeout=0)
    for _ in range(5):
        if any(e.type == "typing" for e in answer.events):
            return
        answer = await poll.step(timeout=1)
    raise AssertionError("the typing event between two polls was not kept")


@pytest.mark.sanitize
async def test_events_that_come_together_are_answered_together(server, world):
    """The linger: a burst does not cost one poll for each message."""
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await ann.stream("poll")
    stream = await bob.stream("ws")
    held = asyncio.create_task(poll.step(timeout=30))
    await asyncio.sleep(0.2)
    for n in range(50):
        await stream.send_json({"op": "send", "ref": str(n), "room_id": room, "text": f"{n}", "nonce": f"{room}{n}"})
    got, answers = texts(await held), 1
    while len(got) < 50:
        got += texts(await poll.step(timeout=10))
        answers += 1
    assert got == [f"{n}" for n in range(50)] and answers < 40


@pytest.mark.sanitize
async def test_three_hundred_polls_share_a_connection(server, world):
    ann = await world.user("ann")
    room = await ann.new_room()
    poll = await ann.stream("poll")
    wire = poll.client.wire
    for n in range(150):
        await poll.step(timeout=0)
        held = asyncio.create_task(poll.step(timeout=30))
        await ann.say(room, f"{n}")
        await held
    assert poll.client.wire is wire, "keep-alive was lost after a held poll"


def as_a_proxy_sends(user, number):
    return {"Authorization": f"Bearer {user.token}", "X-Real-IP": "192.0.2.7", "X-Request-Id": f"r-{number}"}


@pytest.mark.sanitize
async def test_a_proxy_may_send_many_users_polls_over_few_connections(site):
    """Behind nginx a client's polls come over any of its connections, beside those of others; only cursor and request
    id differ. Each gets what is theirs, until they log out."""
    node = site.node("--trusted-proxy", redis=None)
    world = World(node.address)
    people = await world.users(3)
    rooms = [await person.new_room() for person in people]
    proxy = [HttpClient(node.address) for _ in range(2)]
    polls = [await person.stream("poll", {"events": "durable"}) for person in people]
    where = [{"session": poll.session, "cursor": poll.cursor} for poll in polls]
    number = 0

    async def poll(who, connection, session=True):
        nonlocal number
        number += 1
        query = f"cursor={where[who]['cursor']}&events=durable&timeout=5"
        if session:
            query += f"&session={where[who]['session']}"
        answer = await connection.get(f"/rt/v1/poll?{query}", headers=as_a_proxy_sends(people[who], number))
        if answer.status == 200:
            assert answer.header("X-Request-Id") == f"r-{number}"
            answer = PollAnswer(answer)
            where[who]["cursor"] = answer.cursor
        return answer

    for turn in range(60):
        who = turn * 7 % 3
        said = f"{who} hears {turn}"
        await people[who].say(rooms[who], said)
        answer = await poll(who, proxy[turn * 5 % 2], session=turn % 4 != 3)
        assert texts(answer) == [said], answer
        if turn % 4 != 3:
            assert answer.session == where[who]["session"]

    expect(await people[1].rest.delete("/api/v1/sessions/current"), 204)
    for connection in proxy:
        refused = await poll(1, connection)
        assert refused.status == 401 and refused.header("WWW-Authenticate"), refused
    await people[2].say(rooms[2], "still there")
    assert texts(await poll(2, proxy[0])) == ["still there"]
    for connection in proxy:
        connection.close()
    world.close()


@pytest.mark.parametrize("query", ["timeout=-1", "timeout=56", "timeout=x", "limit=0", "limit=100000", "session=s_unknown",
                                   "session=", "heartbeat=x", "timeout=1&timeout=2", "cursor=&session="])
async def test_odd_parameters_are_clamped_or_refused_never_a_500(server, world, query):
    ann = await world.user("ann")
    answer = await ann.rest.get(f"/rt/v1/poll?{query}", seconds=90)
    assert answer.status in (200, 400, 404, 422), answer


async def test_a_poll_session_goes_on_under_another_transport_with_its_cursor(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await ann.stream("poll")
    await bob.say(room, "before the switch")
    stream = await open_stream("ws", server.address, ann.token, {"cursor": poll.cursor, "session": poll.session})
    assert stream.hello.body["session"] == poll.session
    assert message_of(await next_of(stream, "message.created"))["text"] == "before the switch"
    stream.abandon()
