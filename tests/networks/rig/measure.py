"""What is found out about one product: three clients go through it, one after the other."""

import statistics
from dataclasses import asdict, dataclass

from harness.world import World

from .conversation import Conversation, settled_at
from .relay import Relay
from .talker import Talker

LINE_DELAY_S = 0.2  # each way: beside that, what a busy machine adds is small
_LONG_LINE_TRIES = 3


@dataclass
class Findings:
    """Of one product. Times are milliseconds since the client was told to connect."""
    product: str
    transport: str
    given_up: dict              # transport → cause, in order
    messages: int = 0           # that came to the client
    first_event: float = 0
    proven: float = 0
    latency_p50: float = 0
    latency_p99: float = 0
    latency_max: float = 0      # also before a transport was proven
    proven_with_advice: float = 0
    advised_transport: str = ""
    advised_given_up: dict | None = None
    first_event_round_trips: float = 0  # over a line with a delay
    flights: int = 0            # times that the client spoke before it had its first event

    def to_json(self):
        return asdict(self)


async def measure(product, way, stage, seconds):
    """Sends the clients through and returns the Findings. Fails if a message was lost, repeated or out of order."""
    world = World(stage.server.address)
    try:
        ann, ben = await world.users(2)
        room = await world.room_of(ann, ben)
        findings = await _first(product, way, stage, (ann, ben, room), seconds)
        await _second(findings, product, way, stage, await world.user())
        await _over_a_long_line(findings, way, stage, (ann, ben, room))
        return findings
    finally:
        world.close()


async def _first(product, way, stage, people, seconds):
    """Who knows nothing of the network: a conversation."""
    ann, ben, room = people
    wanted = product.expected.transport
    cursor = (await ann.sync())["cursor"]
    conversation = Conversation(ben, room)
    await conversation.begin()
    talker = await Talker.start(stage.folder, {**way.arguments(), **product.client, "token": ann.token, "cursor": cursor})
    try:
        conversation.talker = talker
        await talker.until(lambda: talker.of("started"), 30, "it runs")
        await conversation.hold(seconds, wanted)
        await conversation.check()
    finally:
        await talker.end()
    proven = settled_at(talker, wanted)
    latencies = conversation.latencies_ms(proven)
    return Findings(
        product.name, wanted, given_up(talker), len(talker.messages),
        first_event=talker.messages[0][0] - talker.started_at,
        proven=proven - talker.started_at,
        latency_p50=statistics.median(latencies), latency_p99=percentile(latencies, 0.99),
        latency_max=max(conversation.latencies_ms(1)))


async def _second(findings, product, way, stage, user):
    """Another one in the same network, who has the first one's experience from the server."""
    wanted = product.expected.transport
    talker = await Talker.start(stage.folder, {**way.arguments(), **product.client, "token": user.token})
    try:
        def proven():
            lines = [line for line in talker.of("status") if line["status"].get("transport") == wanted]
            return lines[0] if lines else None
        line = await talker.until(proven, 60, f"the advised {wanted} works")
    finally:
        await talker.end()
    findings.proven_with_advice = line["at"] - talker.started_at
    findings.advised_transport = wanted
    findings.advised_given_up = given_up(talker)


async def _over_a_long_line(findings, way, stage, people):
    """How many round trips it takes until the first event is there, which was written before. The machine may be
    busy with other things: what counts is the best of some tries, and no try can be better than the client is."""
    for _ in range(_LONG_LINE_TRIES):
        trips, flights = await _try_a_long_line(way, stage, people)
        if not findings.flights or trips < findings.first_event_round_trips:
            findings.first_event_round_trips, findings.flights = trips, flights
        if trips <= 1.5 + way.handshakes:
            return


async def _try_a_long_line(way, stage, people):
    ann, ben, room = people
    cursor = (await ann.sync())["cursor"]
    await ben.say(room, "you have missed this")
    async with Relay(way.entry, LINE_DELAY_S) as relay:
        distant = way.entered_at(relay.port)
        talker = await Talker.start(stage.folder, {**distant.arguments(), "token": ann.token, "cursor": cursor})
        try:
            await talker.until(lambda: talker.messages, 60, "the first event over a long line")
        finally:
            await talker.end()
        came = talker.messages[0][0]
        trip_ms = 2 * LINE_DELAY_S * 1000
        # What was said less than a round trip before cannot have been answered with it.
        return (came - talker.started_at) / trip_ms, relay.flights((came - trip_ms / 2) / 1000)


def given_up(talker):
    """What the client said that it gave up on, and why: transport → cause, in order."""
    found = {}
    for status in talker.statuses:
        if status.get("fellBackFrom"):
            found[status["fellBackFrom"]] = status.get("cause")
    return found


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
