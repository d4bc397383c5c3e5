"""docs/openapi.yaml and docs/asyncapi.yaml as something to test with: its operations, strict validators of what they answer, and requests
made from its schemas, right ones and ones that are wrong in one place."""

import os
import random
import re

import jsonschema
import yaml

from .fairlead import REPOSITORY

_METHODS = ("get", "post", "put", "patch", "delete")
_TEXT = "aZ09 _-.,äß語🙂\u0301\u200fא"
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789_.-"


class Document:
    def __init__(self):
        self._root = _load("openapi.yaml")
        self.operations = [Operation(self._root, path, method, item, operation)
                           for path, item in self._root["paths"].items()
                           for method, operation in item.items() if method in _METHODS]

    def operation(self, name):
        return next(one for one in self.operations if one.name == name)


class Operation:
    """One method of one path."""

    def __init__(self, root, path, method, item, operation):
        self.path = path
        self.method = method.upper()
        self.name = f"{self.method} {path}"
        security = operation.get("security", root["security"])
        self.security = next(iter(security[0])) if security else None  # bearer, api_key, or none
        parameters = item.get("parameters", []) + operation.get("parameters", [])
        self.query = [one for one in parameters if one["in"] == "query"]
        self.path_parameters = [one["name"] for one in parameters if one["in"] == "path"]
        content = operation.get("requestBody", {}).get("content", {})
        self.body = content.get("application/json", {}).get("schema")
        self._responses = operation["responses"]

    @property
    def statuses(self):
        return {int(status) for status in self._responses}

    def check(self, response):
        """Status, content type and every field are as the document says."""
        documented = self._responses.get(str(response.status))
        assert documented is not None, f"{self.name}: {response.status} is not in the document: {response}"
        assert response.header("x-request-id"), response
        caching = "private, no-cache" if "ETag" in documented.get("headers", {}) else "no-store"
        assert response.header("cache-control") == caching, response
        content = documented.get("content")
        if content is None:
            assert response.body == b"", f"{self.name}: a body where none is documented: {response}"
            return
        kind = (response.header("content-type") or "").split(";")[0]
        assert kind in content, f"{self.name}: {kind} instead of {list(content)}: {response}"
        if kind.endswith("json"):
            jsonschema.Draft202012Validator(_strict(content[kind]["schema"])).validate(response.json)
        if kind == "application/problem+json":
            assert response.json["status"] == response.status, response


class Events:
    """What may be heard, by docs/asyncapi.yaml."""

    def __init__(self):
        messages = _load("asyncapi.yaml")["channels"]["events"]["messages"]
        self._validators = {}
        for message in messages.values():
            for schema in message["payload"].get("oneOf", [message["payload"]]):
                kind = schema["properties"]["type"]
                validator = jsonschema.Draft202012Validator(_strict(schema))
                self._validators.update({name: validator for name in kind.get("enum") or [kind["const"]]})
        self.types = set(self._validators)

    def check(self, body):
        self._validators[body["type"]].validate(body)


def _load(name):
    """A document without references: each is replaced by what it names (there are no circles)."""
    with open(os.path.join(REPOSITORY, "docs", name), encoding="utf-8") as file:
        root = yaml.safe_load(file)

    def resolve(node):
        if isinstance(node, list):
            return [resolve(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            file, _, pointer = node["$ref"].partition("#/")
            target = _load(file.removeprefix("./")) if file else root
            for word in pointer.split("/"):
                target = target[word]
            return {**resolve(target), **{k: resolve(v) for k, v in node.items() if k != "$ref"}}
        return {key: resolve(value) for key, value in node.items()}
    return resolve(root)


def _strict(schema):
    """The same, but what is not named may not be there."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "allOf" in schema:
        return _strict(_joined(schema["allOf"]))
    made = {key: _strict(value) for key, value in schema.items()}
    if "properties" in schema:
        made.setdefault("additionalProperties", False)
    return made


def _joined(schemas):
    """Objects that say what is in one object."""
    return {"type": "object",
            "required": [name for one in schemas for name in one.get("required", [])],
            "properties": {name: value for one in schemas for name, value in one["properties"].items()}}


# ---------------------------------------------------------------------------------------------- requests

class Maker:
    """Instances of schemas. The same seed makes the same ones."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def valid(self, schema, optional=0.5):
        """An instance; each property that is not required is there with that probability."""
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        make = {"object": self._object, "string": self._string, "integer": self._integer,
                "boolean": lambda *_: self.random.random() < 0.5}
        return make[schema["type"]](schema, optional)

    def _object(self, schema, optional):
        required = schema.get("required", [])
        return {name: self.valid(one, optional) for name, one in schema.get("properties", {}).items()
                if name in required or self.random.random() < optional}

    def _string(self, schema, _):
        low, high = schema.get("minLength", 0), schema.get("maxLength", 40)
        if "pattern" in schema:
            low, high = map(int, re.search(r"\{(\d+),(\d+)\}", schema["pattern"]).groups())
            return "".join(self.random.choices(_NAME, k=self.random.randint(max(low, 12), high)))
        length = self.random.choice([max(low, 1), min(high, max(low, 12)), high])
        text = "".join(self.random.choices(_TEXT, k=max(length, low)))
        return "x" + text[1:-1] + "x" if len(text) > 1 else "x"  # blanks at the ends are another matter

    def _integer(self, schema, _):
        low = schema.get("minimum", 0)
        return self.random.randint(low, min(schema.get("maximum", low + 200), low + 200))

    def wrong_bodies(self, schema):
        """(what is wrong, body) of objects, each wrong in one place only."""
        good = self.valid(schema, optional=1)
        for name, one in schema.get("properties", {}).items():
            if name in schema.get("required", []):
                yield f"{name} missing", {key: value for key, value in good.items() if key != name}
            for what, value in self._wrong(one):
                yield f"{name} {what}", {**good, name: value}

    @staticmethod
    def _wrong(schema):
        kinds = {"string": "text", "integer": 7, "object": {"a": 1}, "boolean": True, "array": [1], "number": 0.5}
        kind = schema.get("type") or "string"
        for other, value in kinds.items():
            if other != kind and not (kind == "integer" and other == "number" and value == int(value)):
                yield f"as {other}", value
        if "enum" in schema:
            yield "not one of them", "nothing of that"
        if schema.get("minLength", 0) > 0:
            yield "too short", ""
        if "maxLength" in schema:
            yield "too long", "x" * (schema["maxLength"] + 1)
        if "pattern" in schema:
            yield "against its pattern", "No Such\tName"
