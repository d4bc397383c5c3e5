"""A deployment that does on purpose what a Fairlead never does: loses, repeats, reorders. Just enough of it for
`fairlead bench` over SSE."""

import http.server
import json
import queue
import threading


class FakeDeployment:
    """`fault(number, event, held)` returns the events to send instead of this one, for the first receiver; the
    others get everything. `held` is a list that it may keep things in."""

    def __init__(self, fault):
        self.fault = fault
        self.streams = []
        self.messages = 0
        self.lock = threading.Lock()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # head and body in one segment: unbuffered, each answer waits for a delayed ACK

            def log_message(self, *_):
                pass

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                if self.path == "/rt/v1/hello":
                    return self.answer(200, {"transports": ["sse"]})
                if self.path.startswith("/rt/v1/sse"):
                    return self.stream()
                return self.answer(404, {})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                if self.path == "/api/v1/users":
                    return self.answer(201, {"token": "t", "user": {"id": "u_1", "name": body["name"]}})
                if self.path == "/api/v1/rooms":
                    return self.answer(201, {"id": "r_1"})
                return self.answer(201, fake.publish(body["text"]))

            def do_DELETE(self):
                self.send_response(204)
                self.end_headers()

            def stream(self):
                mine = queue.Queue()
                with fake.lock:
                    fake.streams.append(mine)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.event({"type": "hello", "session": "s_1", "cursor": "c0"})
                while (event := mine.get()) is not None:
                    self.event(event)

            def event(self, event):
                self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
                self.wfile.flush()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.held = []

    def publish(self, text):
        with self.lock:
            self.messages += 1
            number = self.messages
            event = {"type": "message.created", "cursor": f"c{number}", "data": {"seq": number, "text": text}}
            for i, stream in enumerate(self.streams):
                for one in self.fault(number, event, self.held) if i == 0 else [event]:
                    stream.put(one)
        return {"seq": number}

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        for stream in self.streams:
            stream.put(None)
        self.server.shutdown()
        self.server.server_close()
