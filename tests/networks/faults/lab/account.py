"""What the client's own words tell of a fault: when it was noticed, and when all was well again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """Seconds. None: it did not come to that."""
    noticed_s: float | None  # from when the fault became visible: the strike, or the last message that still came
    resumed_s: float | None  # from the notice to the next message
    by: str | None           # what brought that
    back_s: float | None     # from the notice until the transport under test brings events again
    longest_wait_s: float    # of one of Ben's messages, from the server to Anna


def noticed_at(talk, transport, struck_at):
    """When the client first said, after `struck_at`, that this transport brings no events; milliseconds, or None."""
    told = ((line["at"], line["status"]) for line in talk.talker.of("status"))
    return next((at for at, status in told if at >= struck_at and not _is_live(status, transport)), None)


def account_of(talk, transport, struck_at):
    """Of the first notice after `struck_at` (milliseconds since the epoch)."""
    statuses = [(line["at"], line["status"]) for line in talk.talker.of("status")]
    came = [at for at, _ in talk.talker.messages]
    noticed = noticed_at(talk, transport, struck_at)
    if noticed is None:
        return Account(None, None, None, None, talk.longest_wait_s())
    visible = max([struck_at, *(at for at in came if at < noticed)])
    resumed = next((at for at in came if at >= noticed), None)
    back = next((at for at, status in statuses if at > noticed and _is_live(status, transport)), None)
    return Account(_seconds(visible, noticed), _seconds(noticed, resumed), _bringer(statuses, resumed),
                   _seconds(noticed, back), talk.longest_wait_s())


def _is_live(status, transport):
    return status["state"] == "live" and status.get("transport") == transport


def _bringer(statuses, at):
    """What brings events at that time. A transport may bring some just before it is proven, and is told of then."""
    if at is None:
        return None
    before = [status for told, status in statuses if told <= at]
    after = [status for told, status in statuses if told > at]
    told = [status["transport"] for status in [*before[-1:], *after] if status["state"] == "live"]
    return told[0] if told else None


def _seconds(begin, end):
    return None if end is None else (end - begin) / 1000
