#!/usr/bin/env python3
"""docs/openapi.yaml and docs/asyncapi.yaml as one page to read, without a script: make.py DOCS > reference.html

Everything is escaped: what stands in the documents is text."""

import html
import os
import re
import sys

import yaml

METHODS = ("get", "post", "put", "patch", "delete")


def text(words):
    """Escaped; `code` between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(words), quote=False))


def prose(words):
    """Paragraphs, and lists of lines that begin with a dash."""
    made = []
    for block in re.split(r"\n\n|\n(?=- )", words.strip()):
        joined = " ".join(block.split())
        made.append(f"<li>{text(joined[2:])}</li>" if joined.startswith("- ") else f"<p>{text(joined)}</p>")
    return re.sub(r"((?:<li>.*?</li>\n?)+)", r"<ul>\1</ul>", "\n".join(made))


def anchor(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


class Reference:
    """The page. Schemas that have a name are told once, and linked."""

    def __init__(self, rest, events):
        self.documents = {"openapi.yaml": rest, "asyncapi.yaml": events}

    def page(self):
        rest, events = self.documents.values()
        groups = self.groups(rest)
        parts = [
            self.contents(groups),
            f'<section><h2 id="rest">REST</h2>{prose(rest["info"]["description"])}</section>',
            *(self.group(name, operations) for name, operations in groups.items()),
            f'<section><h2 id="events">Events and commands</h2>{prose(events["info"]["description"])}</section>',
            *(self.message(name, one) for name, one in events["components"]["messages"].items()),
            '<section><h2 id="schemas">Schemas</h2></section>',
            *(self.schema_section("openapi.yaml", name) for name in rest["components"]["schemas"]),
            *(self.schema_section("asyncapi.yaml", name) for name in events["components"]["schemas"]),
        ]
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.template.html"), encoding="utf-8") as file:
            return file.read().replace("<!-- reference -->", "\n".join(parts))

    @staticmethod
    def groups(rest):
        made = {tag["name"]: [] for tag in rest["tags"]}
        for path, item in rest["paths"].items():
            for method in METHODS:
                if method in item:
                    made[item[method]["tags"][0]].append((method.upper(), path, item, item[method]))
        return made

    @staticmethod
    def contents(groups):
        lines = []
        for name, operations in groups.items():
            links = "".join(f'<li><a href="#{anchor(m + p)}"><code>{m}</code> {html.escape(p)}</a></li>' for m, p, _, _ in operations)
            lines.append(f"<details><summary>{html.escape(name)}</summary><ul>{links}</ul></details>")
        return ('<nav aria-label="Contents">' + "".join(lines)
                + '<p><a href="#events">Events and commands</a></p><p><a href="#schemas">Schemas</a></p></nav>')

    def group(self, name, operations):
        return f'<section><h2 id="{anchor(name)}">{html.escape(name)}</h2>{"".join(self.operation(*one) for one in operations)}</section>'

    def operation(self, method, path, item, operation):
        told = [f'<article><h3 id="{anchor(method + path)}"><code class="method">{method}</code> <code>{html.escape(path)}</code></h3>',
                f"<p><strong>{text(operation['summary'])}</strong></p>"]
        if "description" in operation:
            told.append(prose(operation["description"]))
        if operation.get("security") == []:
            told.append("<p>Without a token.</p>")
        parameters = [self.named(one) for one in item.get("parameters", []) + operation.get("parameters", [])]
        if parameters:
            rows = [(one["name"], one["in"], self.kind("openapi.yaml", one["schema"]), text(one.get("description", "")),
                     one.get("required", False)) for one in parameters]
            told.append(table(("parameter", "in", "type", ""), [(name(n, r), html.escape(i), k, d) for n, i, k, d, r in rows]))
        if "requestBody" in operation:
            body = operation["requestBody"]["content"]["application/json"]["schema"]
            told.append(f"<h4>Body</h4>{self.fields('openapi.yaml', body)}")
        told.append(table(("answer", "", "body"), [self.answer(status, one) for status, one in operation["responses"].items()]))
        return "".join(told) + "</article>"

    def named(self, one):
        return self.documents["openapi.yaml"]["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one

    def answer(self, status, one):
        whole = one
        if "$ref" in one:
            whole = {**self.documents["openapi.yaml"]["components"]["responses"][one["$ref"].rsplit("/", 1)[1]], **one}
        kinds = [self.kind("openapi.yaml", content["schema"]) for content in whole.get("content", {}).values()]
        return f"<code>{html.escape(status)}</code>", text(whole["description"]), " ".join(kinds)

    def message(self, heading, one):
        target = one["payload"]["$ref"].rsplit("/", 1)[1]
        return f'<article><h3>{html.escape(heading)}</h3>{self.fields("asyncapi.yaml", self.documents["asyncapi.yaml"]["components"]["schemas"][target])}</article>'

    def schema_section(self, document, heading):
        schema = self.documents[document]["components"]["schemas"][heading]
        return f'<article><h3 id="{anchor(document + heading)}">{html.escape(heading)}</h3>{self.fields(document, schema)}</article>'

    def fields(self, document, schema):
        """A table of an object's members; else its kind."""
        words = prose(schema["description"]) if "description" in schema else ""
        if "properties" not in schema:
            return f"{words}<p>{self.kind(document, schema)}</p>"
        required = schema.get("required", [])
        rows = [(name(member, member in required), self.kind(document, one), text(one.get("description", "")))
                for member, one in schema["properties"].items()]
        return words + table(("field", "type", ""), rows)

    def kind(self, document, schema):
        if "$ref" in schema:
            file, _, pointer = schema["$ref"].partition("#/")
            target, told = pointer.rsplit("/", 1)[1], file.removeprefix("./") or document
            return f'<a href="#{anchor(told + target)}">{html.escape(target)}</a>'
        for together, between in (("allOf", " and "), ("oneOf", " or ")):
            if together in schema and "type" not in schema:
                return between.join(self.kind(document, one) for one in schema[together])
        if "const" in schema:
            return f"<code>{html.escape(str(schema['const']))}</code>"
        if "enum" in schema:
            return " ".join(f"<code>{html.escape(str(one))}</code>" for one in schema["enum"])
        kind = schema.get("type", "anything")
        if kind == "array":
            return f"list of {self.kind(document, schema['items'])}"
        if kind == "object" and "properties" in schema:
            members = ", ".join(f"<code>{html.escape(member)}</code> {self.kind(document, one)}"
                                for member, one in schema["properties"].items())
            return f"object: {members}"
        if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            return f"object of {self.kind(document, schema['additionalProperties'])}"
        if kind == "object" and schema.get("required"):
            return "object: " + ", ".join(f"<code>{html.escape(one)}</code>" for one in schema["required"])
        return html.escape(" or ".join(kind) if isinstance(kind, list) else kind) + limits(schema)


def limits(schema):
    """As people write them."""
    words = {"minLength": "at least {} characters", "maxLength": "at most {} characters", "minimum": "from {}", "maximum": "to {}",
             "default": "default {}", "pattern": "{}"}
    said = [text(form.format(schema[key])) for key, form in words.items() if key in schema]
    return f", {', '.join(said)}" if said else ""


def name(word, is_required):
    return f"<code>{html.escape(word)}</code>" + (' <span class="required">required</span>' if is_required else "")


def table(heads, rows):
    head = "".join(f'<th scope="col">{one}</th>' if one else "<td></td>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="table" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def main():
    documents = []
    for file in ("openapi.yaml", "asyncapi.yaml"):
        with open(os.path.join(sys.argv[1], file), encoding="utf-8") as source:
            documents.append(yaml.safe_load(source))
    sys.stdout.reconfigure(encoding="utf-8")
    print(Reference(*documents).page())


main()
