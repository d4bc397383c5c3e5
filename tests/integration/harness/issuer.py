"""An external issuer of tokens (JWT, HS256), and the files that a server knows its keys by."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time

ISSUER, AUDIENCE = "https://issuer.example", "chat"


def _part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _json(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Issuer:
    """Keys by their kid; `flags` are what a server must be started with to believe it."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "jwks.json")
        self.keys = {"one": secrets.token_bytes(32)}
        self.publish()

    @property
    def flags(self):
        return ("--jwt-alg", "HS256", "--jwt-jwks", self.path, "--jwt-issuer", ISSUER, "--jwt-audience", AUDIENCE)

    def publish(self, text=None):
        """Writes the key set, or `text`, as one should: whole, then renamed into place."""
        if text is None:
            text = json.dumps({"keys": [{"kty": "oct", "kid": kid, "k": _part(key)} for kid, key in self.keys.items()]})
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path + ".new", self.path)

    def token(self, sub, seconds=300, kid="one", header=None, key=None, **claims):
        """Signed with the key `kid`, or `key`; claims that are None are left out."""
        now = int(time.time())
        all_claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": sub, "iat": now, "exp": now + seconds, **claims}
        text = ".".join((_part(_json({"alg": "HS256", "typ": "JWT", "kid": kid, **(header or {})})),
                         _part(_json({k: v for k, v in all_claims.items() if v is not None}))))
        mac = hmac.new(key or self.keys[kid], text.encode(), hashlib.sha256).digest()
        return f"{text}.{_part(mac)}"
