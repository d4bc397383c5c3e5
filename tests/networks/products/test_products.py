"""A conversation through each network product: exactly once, in order, both ways, by the best transport it lets through."""

import asyncio
import json

from harness.timing import patience
from rig import table
from rig.measure import LINE_DELAY_S, measure

_SLACK_S = 0.4    # over a line of that delay: what a busy machine adds, and less than another round trip
_CLEAN_PROOF_S = 2


def test_a_conversation_gets_through(product, stage, pytestconfig):
    stage.require(product.packages)
    way = product.start(stage)
    stage.wait_until_open(way)
    seconds = pytestconfig.getoption("--talk-seconds")

    async def run():
        async with asyncio.timeout(patience(seconds + 300)):
            return await measure(product, way, stage, seconds)

    findings = asyncio.run(run())
    print(json.dumps(findings.to_json(), indent=1))
    table.keep(findings)
    _the_right_transport_was_chosen(product, findings)
    _events_come_with_the_first_answer(way, findings)
    if not way.proxy and findings.transport == "websocket":
        assert findings.proven < patience(_CLEAN_PROOF_S) * 1000, f"on a clean path: {findings}"


def _the_right_transport_was_chosen(product, findings):
    allowed = product.expected.given_up
    assert set(findings.given_up) == set(allowed), f"{findings}\n{product.expected.because}"
    for transport, cause in findings.given_up.items():
        assert cause in allowed[transport], f"{transport}: {cause}, but {product.expected.because}"
    # Who comes later begins with it.
    assert findings.advised_given_up == {}, findings


def _events_come_with_the_first_answer(way, findings):
    """Whatever has to be found out about the network, nobody waits for it."""
    assert findings.flights <= 1 + way.handshakes, findings
    slack = _SLACK_S / (2 * LINE_DELAY_S)
    assert findings.first_event_round_trips <= 1.5 + way.handshakes + slack, findings
