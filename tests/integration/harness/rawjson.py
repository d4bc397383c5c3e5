"""Cuts JSON texts apart without changing a byte, so that raw bytes can be compared."""

import json

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def _skip(text, at):
    while text[at] in _SPACE:
        at += 1
    return at


def raw_members(text):
    """{name: raw text of the value} of a JSON object."""
    at = _skip(text, 0)
    if text[at] != "{":
        raise AssertionError(f"not a JSON object: {text[:80]!r}")
    members = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        assert text[at] == ":", f"no colon at {at}"
        start = _skip(text, at + 1)
        _, at = _DECODER.raw_decode(text, start)
        assert name not in members, f"{name!r} stands twice"
        members[name] = text[start:at]
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return members


def raw_elements(text):
    """[raw text of each element] of a JSON array."""
    at = _skip(text, 0)
    if text[at] != "[":
        raise AssertionError(f"not a JSON array: {text[:80]!r}")
    elements = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        start = at
        _, at = _DECODER.raw_decode(text, start)
        elements.append(text[start:at])
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return elements
