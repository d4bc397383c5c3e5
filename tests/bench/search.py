"""How long a search takes, beside a page of history, among many messages.

    tests/bench/search.py [SERVER] [MESSAGES]      default: build/release/fairlead, 1,000,000

A thousand rooms, twenty of them the callers'; ten words a message, of 20,000 words as often as in a language (Zipf). Each question is asked one after
another over one connection, so that the times are the server's own; the ratio to the p99 of a page of history, of the same run, is what to look at."""
import bisect, http.client, itertools, json, os, random, sys, time
from urllib.parse import quote

import seed
from programs import ROOT

ROOMS, OWN, ASKED = 1000, 20, 300
ASKERS = 60  # since each may ask but so often
WEIGHTS = list(itertools.accumulate(1 / (rank + 1) for rank in range(20_000)))
QUESTIONS = {
    "a rare word": (19_000,), "a common word": (0,), "the beginning of a word": None, "two words": (40, 50),
    "three common words": (0, 1, 2), "six common words": (0, 1, 2, 3, 4, 5), "a word that nobody says": (99_999,),
}


def word(rank):
    return f"w{rank}"


def text(position):
    picks = random.Random(position)
    return " ".join(word(bisect.bisect(WEIGHTS, picks.random() * WEIGHTS[-1])) for _ in range(10))


class Client:
    def __init__(self, port, tokens):
        self.wire, self.tokens = http.client.HTTPConnection("127.0.0.1", port), itertools.cycle(tokens)

    def get(self, target):
        """(milliseconds, answer)"""
        begun = time.perf_counter()
        self.wire.request("GET", target, headers={"Authorization": "Bearer " + next(self.tokens)})
        answer = self.wire.getresponse()
        body = answer.read()
        took = 1000 * (time.perf_counter() - begun)
        assert answer.status == 200, body
        return took, json.loads(body)


def row(times):
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.99)]


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build/release/fairlead"))
    messages = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    picks = random.Random(1)
    rooms = [range(1, ASKERS + 1) if room < OWN else [ASKERS + 1] for room in range(ROOMS)]
    print(f"{messages} messages are made …", file=sys.stderr)
    with seed.served(binary, "search", ASKERS + 1, rooms, messages, text) as (world, port, _):
        client = Client(port, [world.token(user) for user in range(1, ASKERS + 1)])
        print("and found …", file=sys.stderr)
        while not client.get("/api/v1/search?q=w1")[1]["complete"]:
            time.sleep(1)
        own = [seed.wire("r", room + 1) for room in range(OWN)]
        places = [seed.wire("m", picks.randrange(messages)) for _ in range(ASKED)]
        history = [client.get(f"/api/v1/rooms/{picks.choice(own)}/messages?before={place}")[0] for place in places]
        median, page_p99 = row(history)
        print("| asked | where | found | median ms | p99 ms | p99, in p99s of a page of history |\n|---|---|---|---|---|---|")
        print(f"| a page of history | one room | 50 | {median:.2f} | {page_p99:.2f} | 1 |")
        for (question, ranks), where in itertools.product(QUESTIONS.items(), ("all rooms", "one room")):
            times, found = [], 0
            for _ in range(ASKED):
                words = " ".join(map(word, ranks)) if ranks else word(picks.randrange(10, 100))[:-1]
                room = f"&room={picks.choice(own)}" if where == "one room" else ""
                took, answer = client.get(f"/api/v1/search?q={quote(words)}{room}")
                assert answer["complete"]
                times.append(took)
                found += len(answer["messages"])
            median, p99 = row(times)
            print(f"| {question} | {where} | {found / ASKED:.1f} | {median:.2f} | {p99:.2f} | {p99 / page_p99:.1f} |", flush=True)


if __name__ == "__main__":
    main()
