"""Black-box harness: real processes (redis-server, fairlead, nginx) and clients that can misbehave.

Nothing in here knows the server's code; it is written against docs/PROTOCOL.md alone.
"""
