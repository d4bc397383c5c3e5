"""Text through every path: stored and shown as sent, or refused with a field error."""

import asyncio
import json
from urllib.parse import quote

import pytest

from harness.timing import patience
from harness.transports import next_of
from harness.websocket import TEXT, Closed, frame
from harness.world import World, expect, unique

SENT = {
    "emoji with joiners": "👩🏽‍🚀 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿 ❤️",
    "combining": "é vs é, Z̷̡̛͍̤͕a̴̧͎͝l̴̛͚g̷͖̈́o̵̢͌, क्षि",
    "right to left": "שלום (abc) مرحبا \u202eevil\u202c \u2067x\u2069",
    "line separators": "a\u2028b\u2029c\u0085d\ttab\nline\r\ncrlf",
    "invisible": "\ufeffa\u200bb\u200cc\u00adde\u2060f",
    "noncharacters": "\ufffe \uffff \U0001fffe \U0010ffff \ue000 \ufffd",
    "controls": "".join(chr(c) for c in range(1, 32)) + "\x7f\x80\x9f",
    "markup": "<script>alert(1)</script> &amp; \\u0000 \\ \" ' ` ${x} {{x}} %00 %s",
    "every length": "a¢€🙂" * 10,
    "the longest": "🙂" * 4000,
    "blanks at the ends": " \u00a0 x \u3000 ",
}
ONE_LINE = {name: text for name, text in SENT.items() if name in ("emoji with joiners", "combining", "right to left", "markup", "every length")}

# As JSON that escapes what must not be in a text: (the string's literal, the status that it gets)
REFUSED = {
    "NUL": ('"a\\u0000b"', 422),
    "NUL in bytes": (b'"a\x00b"', 400),
    "lone high surrogate": ('"a\\ud800b"', 400),
    "lone low surrogate": ('"a\\udc00b"', 400),
    "surrogates the wrong way round": ('"\\udc00\\ud800"', 400),
    "surrogate in UTF-8": (b'"\xed\xa0\x80"', 400),
    "overlong": (b'"\xc0\xaf"', 400),
    "beyond U+10FFFF": (b'"\xf4\x90\x80\x80"', 400),
    "cut": (b'"\xf0\x9f\x99"', 400),
    "latin-1": (b'"\xe9"', 400),
    "4,001 characters": (json.dumps("🙂" * 4001, ensure_ascii=False), 422),
    "nothing": ('""', 422),
}


def literal(text):
    return text if isinstance(text, bytes) else text.encode()


@pytest.fixture(scope="module")
def through_nginx(shared_site, shared_node):
    return shared_site.proxy(shared_node)


@pytest.mark.sanitize
@pytest.mark.parametrize("name", SENT)
async def test_a_text_comes_as_it_was_sent_by_every_way(server, world, name):
    text = SENT[name]
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    streams = [await bob.stream(kind) for kind in ("ws", "sse", "poll")]
    plain = await ann.say(room, "plain")
    by_rest = await ann.say(room, text)
    by_socket = await (await ann.stream("ws")).command("send", room_id=room, text=text, nonce=unique("n"))
    edited = expect(await ann.rest.patch(f"/api/v1/rooms/{room}/messages/{plain['id']}", {"text": text}), 200).json
    assert by_rest["text"] == by_socket["data"]["text"] == edited["text"] == text
    for stream in streams:
        came = [(await next_of(stream, "message.created", "message.updated")).data["text"] for _ in range(4)]
        assert came == ["plain", text, text, text], stream
    assert [message["text"] for message in await bob.history(room)] == [text] * 3
    synced = [one for one in (await bob.sync())["rooms"] if one["id"] == room]
    assert synced[0]["last_message"]["text"] == text


@pytest.mark.nginx
@pytest.mark.parametrize("kind", ["ws", "sse", "poll"])
async def test_also_through_nginx(through_nginx, kind):
    world = World(through_nginx.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    stream = await bob.stream(kind)
    for text in SENT.values():
        await ann.say(room, text)
    for text in SENT.values():
        assert (await next_of(stream, "message.created")).data["text"] == text
    world.close()


@pytest.mark.parametrize("name", ONE_LINE)
async def test_names_topics_reactions_and_metadata_too(server, world, name):
    text = ONE_LINE[name]
    ann = await world.user("ann")
    profile = expect(await ann.rest.patch("/api/v1/users/me", {"display_name": text}), 200).json
    room = expect(await ann.rest.post("/api/v1/rooms", {"name": text, "visibility": "private", "topic": text}), 201).json
    message = await ann.say(room["id"], "x", metadata={text: [text, {"deep": text}]})
    emoji = text.split()[0][:32]  # one word
    expect(await ann.rest.put(f"/api/v1/rooms/{room['id']}/messages/{message['id']}/reactions/{quote(emoji, safe='')}"), 204)
    kept = expect(await ann.rest.get(f"/api/v1/rooms/{room['id']}/messages/{message['id']}"), 200).json
    assert (profile["display_name"], room["name"], room["topic"]) == (text, text, text)
    assert kept["metadata"] == {text: [text, {"deep": text}]} and kept["author"]["display_name"] == text
    assert [one["emoji"] for one in kept["reactions"]] == [emoji]


@pytest.mark.sanitize
@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_text_is_refused_and_nothing_is_stored(server, world, name):
    raw, status = REFUSED[name]
    ann = await world.user("ann")
    room = await ann.new_room()
    answer = await ann.rest.post(f"/api/v1/rooms/{room}/messages", body=b'{"text":' + literal(raw) + b"}",
                                 headers={"Content-Type": "application/json"})
    assert answer.status == status, answer
    if status == 422:
        assert list(answer.json["fields"]) == ["text"], answer
    assert await ann.history(room) == []


@pytest.mark.sanitize
@pytest.mark.parametrize("name", REFUSED)
async def test_the_same_over_a_web_socket(server, world, name):
    raw, status = REFUSED[name]
    ann = await world.user("ann")
    room = await ann.new_room()
    stream = await ann.stream("ws")
    command = f'{{"op":"send","ref":"r","room_id":"{room}","nonce":"n","text":'.encode() + literal(raw) + b"}"
    await stream.wire.send(frame(TEXT, command))
    try:
        async with asyncio.timeout(patience(10)):
            answer = await next_of(stream, "error", "ack")
        assert answer.type == "error" and answer.body["error"]["status"] == status, answer
        if status == 422:
            assert list(answer.body["error"]["fields"]) == ["text"], answer
    except Closed as closed:  # bytes that are not UTF-8 end a WebSocket (RFC 6455, 8.1)
        assert closed.code == 1007 and status == 400 and isinstance(raw, bytes), closed
    assert await ann.history(room) == []


@pytest.mark.parametrize("field, target", [("display_name", "/api/v1/users/me"), ("name", "/api/v1/rooms"), ("topic", "/api/v1/rooms")])
@pytest.mark.parametrize("text", ["a\x00b", "x" * 501, "two\nlines"], ids=["NUL", "too long", "two lines"])
async def test_fields_say_what_is_wrong(server, world, field, target, text):
    if (field, text) == ("topic", "two\nlines"):
        text = "\x00"  # a topic may have lines
    ann = await world.user("ann")
    body = {field: text} if field == "display_name" else {"name": "fine", "visibility": "public", field: text}
    answer = await (ann.rest.patch(target, body) if field == "display_name" else ann.rest.post(target, body))
    assert answer.status == 422 and list(answer.json["fields"]) == [field], answer


async def test_a_search_finds_them(server, world):
    ann = await world.user("ann")
    room = await ann.new_room()
    for text in ("Größe naïve", "שלום עולם", "日本語 テスト", "👩🏽‍🚀 rocket"):
        await ann.say(room, text)
    for asked, found in {"grosse": 0, "größe": 1, "GRÖSSE": 0, "naive": 1, "שלום": 1, "rocket": 1}.items():
        answer = expect(await ann.rest.get(f"/api/v1/search?room={room}&q={quote(asked)}"), 200)
        assert len(answer.json["messages"]) == found, asked
    for asked in ("%00", "%ed%a0%80", "%ff"):
        answer = await ann.rest.get(f"/api/v1/search?q={asked}")
        assert answer.status in (400, 422), answer
