"""What networks do to connections, in the words of a router's packet filter (nft). Those that `strike` do it to the
connections that exist at that moment, as a firewall that has lost its state; the others are so all the time."""

from dataclasses import dataclass, field

TRANSPORTS = ("websocket", "sse", "poll")

SERVER = "tcp dport 80"
CLIENT = "tcp sport 80"
NEW = "tcp flags & (syn | ack) == syn"


def forwarding(*rules):
    return "chain forwarding { type filter hook forward priority 0; %s; }" % "; ".join(rules)


@dataclass(frozen=True)
class Fault:
    name: str                      # in the table of docs/NETWORKS.md
    rules: str
    at_once: bool = True           # strikes what is open; else it is there from the beginning
    idle_s: float = 0.0            # seconds of silence that it takes
    settings: dict = field(default_factory=dict)  # of the router's kernel

    def strike(self, line):
        line.strike(self.rules, line.connections() if self.at_once else (), **self.settings)

    def __str__(self):
        return self.name.replace(" ", "-")


_SENDER_IS_RESET = "reject with tcp reset"

NAT_EXPIRY = Fault(
    "NAT mapping gone after 3 s of silence",
    'chain translation { type nat hook postrouting priority 100; oifname "host" masquerade; }\n'
    + forwarding("ct state invalid drop"),
    at_once=False, idle_s=3,
    settings={"nf_conntrack_tcp_timeout_established": 3, "nf_conntrack_tcp_loose": 0})
BLACK_HOLE = Fault(
    "black hole", forwarding(f"{SERVER} tcp sport @struck drop", f"{CLIENT} tcp dport @struck drop"))
DOWN_LOST = Fault("one way: what the server sends is lost", forwarding(f"{CLIENT} tcp dport @struck drop"))
UP_LOST = Fault("one way: what the client sends is lost", forwarding(f"{SERVER} tcp sport @struck drop"))
RESET_AFTER_BYTES = Fault(
    "reset after 12,000 bytes to the client",
    forwarding(f"{NEW} accept", f"meta l4proto tcp ct reply bytes > 12000 {_SENDER_IS_RESET}"),
    at_once=False, settings={"nf_conntrack_acct": 1})
LIFETIME = Fault(
    "cut when 12 s old",
    forwarding(f"{SERVER} {NEW} add @young {{ tcp sport timeout 12s }}", f"{SERVER} tcp sport @young accept",
               f"{CLIENT} tcp dport @young accept", _SENDER_IS_RESET),
    at_once=False)
MTU_HOLE = Fault("packets over 1,000 bytes are lost, without a word", forwarding("meta length > 1000 drop"))
FEW_CONNECTIONS = Fault(
    "3 connections at most, and all are reset",
    forwarding(f"{SERVER} tcp sport @struck {_SENDER_IS_RESET}", f"{CLIENT} tcp dport @struck {_SENDER_IS_RESET}",
               f"{NEW} ct count over 3 {_SENDER_IS_RESET}"))

ALL = (NAT_EXPIRY, BLACK_HOLE, DOWN_LOST, UP_LOST, RESET_AFTER_BYTES, LIFETIME, MTU_HOLE, FEW_CONNECTIONS)


NOTHING_PASSES = forwarding("drop")

# By the first words of its last request, a connection is one of these.
_KINDS = {"websocket": (1, "GET /rt/v1/ws?"), "sse": (2, "GET /rt/v1/sse?"), "poll": (3, "POST /rt/v1/poll ")}


def _asks(words):
    """A packet that begins so; its first 16 bytes are looked at."""
    begin = words.encode()[:16]
    return f"@ih,0,{8 * len(begin)} 0x{begin.hex()}"


_TELLING_APART = (f'{SERVER} {_asks("POST /rt/v1/sse ")} ct mark set 2',
                  *(f"{SERVER} {_asks(words)} ct mark set {mark}" for mark, words in _KINDS.values()))

TELL_APART = Fault("none", forwarding(*_TELLING_APART), at_once=False)


def swallowing(*transports):
    """Connections of these transports pass nothing any more, old and new ones."""
    return forwarding(*_TELLING_APART, *(f"ct mark {_KINDS[transport][0]} drop" for transport in transports))


def resetting_websockets():
    """Those that are struck are reset."""
    return forwarding(*_TELLING_APART, f"ct mark 1 {SERVER} tcp sport @struck {_SENDER_IS_RESET}",
                      f"ct mark 1 {CLIENT} tcp dport @struck {_SENDER_IS_RESET}")
