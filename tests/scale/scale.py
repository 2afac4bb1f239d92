"""What a million people cost beside ten thousand, over HTTP.

    scale.py BINARY SMALL_DATABASE LARGE_DATABASE [--users N] [--few N] [--rounds N] [--control index|copies]

Gives two servers the same number of people by Bulk and copies these in their databases, then asks both in
turns, so that whatever else the machine does falls on both alike. Ends with status 1 when a question that an
index answers takes more than LIMIT times as long, a server takes more than MEMORY, or a copy reads otherwise
than a person. With --control an unindexed question is held to LIMIT, or copies keep what they were copied
from in their documents: it must fail.
"""

import argparse
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse

from multiply import multiply

LIMIT = 1.3
MEMORY = 400
# As many come by Bulk at most.
LOADED = 1000
MOUNT = "/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def person(number):
    """As an identity governance product sends one."""
    mail = f"person{number}@bench.example"
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": mail,
        "externalId": f"x-{number}",
        "displayName": f"Person {number}",
        "name": {"givenName": "Person", "familyName": f"Number {number}"},
        "emails": [{"value": mail, "type": "work", "primary": True}],
        "phoneNumbers": [{"value": f"+55 11 5555-{10_000_000 + number}", "type": "mobile"}],
        "title": "Technician",
        "active": True,
        ENTERPRISE: {"employeeNumber": str(number), "department": f"Unit {number % 100}"},
    }


class Server:
    def __init__(self, binary, database, user_type="internal"):
        self.binary = binary
        self.database = database
        self.environment = {**os.environ, "VESTIBULE_DATABASE": database}
        self.token = ""
        self.ids = []
        self.groups = []
        self.most = 0
        self.start()
        provider = self.command("provider", "add", "--name", "Scale", "--user-type", user_type, "--allow-ip", "*")
        issued = self.command("token", "issue", "--provider", provider["id"], "--name", "scale")
        self.token = issued["access_token"]

    def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        listen = ["serve", "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen([self.binary, *listen], env=self.environment, stdout=subprocess.DEVNULL)
        self.stream = None
        for _ in range(600):
            try:
                self.connect()
                if self.ask("GET", "/readyz", mount="")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)

    def command(self, *arguments):
        run = subprocess.run(
            [self.binary, *arguments, "--json"], env=self.environment, check=True, capture_output=True
        )
        return json.loads(run.stdout)

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = connection.makefile("rwb")

    def ask(self, method, path, body=b"", mount=MOUNT):
        head = (
            f"{method} {mount}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/scim+json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        first = self.send(head.encode() + body)
        if not first:
            # An idle connection was closed.
            self.connect()
            first = self.send(head.encode() + body)
        status = int(first.split()[1])
        length = 0
        while (line := self.stream.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self.stream.read(length)

    def send(self, whole):
        try:
            self.stream.write(whole)
            self.stream.flush()
            return self.stream.readline()
        except OSError:
            return b""

    def get(self, path):
        status, body = self.ask("GET", path)
        if status != 200:
            raise SystemExit(f"{path} answered {status}: {body.decode()}")
        return body

    def load(self, count):
        """People, 500 a request; how many a second."""
        begun = time.monotonic()
        for first in range(0, count, 500):
            operations = [
                {"method": "POST", "path": "/Users", "bulkId": str(number), "data": person(number)}
                for number in range(first, min(first + 500, count))
            ]
            message = json.dumps({"schemas": [BULK], "Operations": operations}).encode()
            status, body = self.ask("POST", "/Bulk", message)
            answers = json.loads(body).get("Operations", [])
            if status != 200 or any(answer["status"] != "201" for answer in answers):
                raise SystemExit(f"Bulk answered {status}: {body[:500]}")
            self.ids += [answer["location"].rsplit("/", 1)[1] for answer in answers]
        return count / (time.monotonic() - begun)

    def grow(self, count, spoil=False):
        """Up to that many people: the first and their group over HTTP, the rest as copies."""
        self.load(min(count, LOADED))
        members = [{"value": member} for member in self.ids]
        body = {"schemas": [GROUP], "displayName": "Group 0", "members": members}
        status, answer = self.ask("POST", "/Groups", json.dumps(body).encode())
        assert status == 201, answer
        self.most = self.memory("VmHWM")
        self.stop()
        self.ids, self.groups = multiply(self.database, self.ids, json.loads(answer)["id"], count, spoil)
        self.start()

    def read_back(self, number):
        """Asks for a person in every way that an index answers: all must give the person of that number."""
        identifier, sent = self.ids[number], person(number)
        group = number // LOADED
        told = json.loads(self.get(f"/Users/{identifier}"))
        meta, groups = told.pop("meta"), told.pop("groups")
        self.same(told, {"id": identifier, **sent})
        self.same((groups[0]["value"], groups[0]["display"], len(groups)), (self.groups[group], f"Group {group}", 1))
        # The first version; what follows the dot stands for the person's groups.
        version = re.fullmatch(r'W/"(\d+)\.[0-9a-f]{8}"', meta["version"])
        self.same((meta["created"], version and version[1]), (meta["lastModified"], "1"))
        told |= {"groups": groups, "meta": meta}
        mail = sent["userName"]
        for text in (
            f'userName eq "{mail.upper()}"',
            f'externalId eq "x-{number}"',
            f'emails.value eq "{mail}"',
            f'displayName eq "person {number}"',
            f'id eq "{identifier}"',
            f'userName sw "person{number}@"',
            f'meta.lastModified eq "{meta["created"]}" and id eq "{identifier}"',
            # These are answered from the document that is matched.
            f'id eq "{identifier}" and name.familyName eq "NUMBER {number}" and emails[type eq "work" and value eq "{mail}"]',
            f'id eq "{identifier}" and phoneNumbers.value eq "{sent["phoneNumbers"][0]["value"]}"',
            f'id eq "{identifier}" and {ENTERPRISE}:employeeNumber eq "{number}" and {ENTERPRISE}:department eq "unit {number % 100}"',
        ):
            self.same(json.loads(self.get(filtered(text)))["Resources"], [told])
        path = filtered(f'members.value eq "{identifier}"', "/Groups") + "&excludedAttributes=members"
        found = [(found["id"], found["displayName"]) for found in json.loads(self.get(path))["Resources"]]
        self.same(found, [(self.groups[group], f"Group {group}")])

    def same(self, told, expected):
        if told != expected:
            raise SystemExit(f"reads back otherwise than it should: {told}, not {expected}")

    def cursor(self, position, order):
        """The cursor of the page behind `position` people, 100 a page."""
        cursor = ""
        for _ in range(position // 100):
            cursor = json.loads(self.get(f"/Users?count=100&attributes=id&cursor={cursor}{order}"))["nextCursor"]
        return cursor

    def memory(self, field):
        """In megabytes: VmRSS now, VmHWM at most so far."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))

    def stop(self):
        self.process.kill()
        self.process.wait()


def filtered(text, endpoint="/Users"):
    return f"{endpoint}?filter={urllib.parse.quote(text)}"


def timed(server, path):
    begun = time.perf_counter()
    server.get(path)
    return time.perf_counter() - begun


def questions(server, control):
    """Names and what is asked: a function of a random number."""
    count = len(server.ids)
    asked = {
        "read by id": lambda pick: f"/Users/{server.ids[pick % count]}",
        "userName eq": lambda pick: filtered(f'userName eq "person{pick % count}@bench.example"'),
        "externalId eq": lambda pick: filtered(f'externalId eq "x-{pick % count}"'),
        "emails.value eq": lambda pick: filtered(f'emails.value eq "person{pick % count}@bench.example"'),
        "displayName eq": lambda pick: filtered(f'displayName eq "Person {pick % count}"'),
        "id eq": lambda pick: filtered(f'id eq "{server.ids[pick % count]}"'),
        "userName sw": lambda pick: filtered(f'userName sw "person{pick % count}@"'),
        "meta.lastModified gt now": lambda pick: filtered('meta.lastModified gt "2100-01-01T00:00:00Z"'),
        "members.value eq": lambda pick: filtered(f'members.value eq "{server.ids[pick % count]}"', "/Groups")
        + "&excludedAttributes=members",
        "totalResults of all": lambda pick: "/Users?count=0",
        "first page of 100": lambda pick: "/Users?count=100&cursor=",
    }
    if control == "index":
        return {"title eq": lambda pick: filtered(f'title eq "Nobody {pick}"')}
    return asked


def compare(small, large, rounds, control):
    """Rows: name, median of each in microseconds, ratio. Every round asks every question, so that none of them is
    the one that was asked first."""
    asked = [questions(server, control) for server in (small, large)]
    times = {name: ([], []) for name in asked[0]}
    for turn in range(rounds):
        for name, sides in times.items():
            for _ in range(20):
                pick = random.randrange(10**9)
                for side in (0, 1) if turn % 2 else (1, 0):
                    sides[side].append(timed((small, large)[side], asked[side][name](pick)))
    rows = []
    for name, sides in times.items():
        medians = [statistics.median(side) * 1e6 for side in sides]
        rows.append((name, *medians, medians[1] / medians[0]))
    return rows


def deep(large, rounds, order, name):
    """The page at nine tenths beside the first one, on the same server."""
    position = len(large.ids) * 9 // 10 // 100 * 100
    paths = [f"/Users?count=100&attributes=id&cursor={cursor}{order}" for cursor in ("", large.cursor(position, order))]
    times = ([], [])
    for _ in range(rounds * 5):
        for side in (0, 1):
            times[side].append(timed(large, paths[side]))
    medians = [statistics.median(side) * 1e6 for side in times]
    return (f"page at {position}, {name}, beside the first", *medians, medians[1] / medians[0])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binary")
    arguments.add_argument("small")
    arguments.add_argument("large")
    arguments.add_argument("--users", type=int, default=1_000_000)
    arguments.add_argument("--few", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=20)
    arguments.add_argument("--control", choices=["index", "copies"])
    options = arguments.parse_args()
    random.seed(1)
    servers = []
    try:
        for database in (options.small, options.large):
            servers.append(Server(options.binary, database))
        small, large = servers
        failed = run(small, large, options)
    finally:
        for server in servers:
            server.stop()
    sys.exit(1 if failed else 0)


def run(small, large, options):
    begun = time.monotonic()
    for server, count in ((small, options.few), (large, options.users)):
        server.grow(count, options.control == "copies")
        totals = [json.loads(server.get(f"/{kind}?count=0"))["totalResults"] for kind in ("Users", "Groups")]
        server.same(totals, [count, len(server.groups)])
        for number in [0, count - 1, *random.sample(range(count), 20)]:
            server.read_back(number)
    print(f"{options.few} and {options.users} people, of them {LOADED} by Bulk, in {time.monotonic() - begun:.0f} s")
    print(f"server then: {large.memory('VmRSS'):.0f} MB")
    rows = compare(small, large, options.rounds, options.control)
    if not options.control:
        rows.append(deep(large, options.rounds, "", "by arrival"))
        rows.append(deep(large, options.rounds, "&sortBy=userName", "by userName"))
    print(f"{'question':<52}{options.few:>12}{options.users:>12}{'ratio':>8}   (medians, microseconds)")
    failed = False
    for name, few, many, ratio in rows:
        over = ratio > LIMIT
        failed = failed or over
        print(f"{name:<52}{few:>12.0f}{many:>12.0f}{ratio:>8.2f}{'   over ' + str(LIMIT) if over else ''}")
    if options.control:
        return failed
    for name, path in [
        ("title eq, nobody", filtered('title eq "Nobody"')),
        ("department eq, one in a hundred, a page of 100", filtered(f'{ENTERPRISE}:department eq "Unit 7"') + "&count=100"),
        ("sorted by phoneNumbers.value, a page of 100", "/Users?sortBy=phoneNumbers.value&count=100"),
        ("page by startIndex at nine tenths", f"/Users?count=100&startIndex={options.users * 9 // 10}"),
    ]:
        begun = time.perf_counter()
        status, _ = large.ask("GET", path)
        spent = (time.perf_counter() - begun) * 1000
        failed = failed or status != 200
        print(f"{'without an index: ' + name:<64}{spent:>12.0f} ms{'' if status == 200 else f'   answered {status}'}")
    most = max(large.most, large.memory("VmHWM"))
    print(f"server at most: {most:.0f} MB; at the end {large.memory('VmRSS'):.0f} MB")
    if most > MEMORY:
        print(f"over {MEMORY} MB")
        failed = True
    return failed


if __name__ == "__main__":
    main()
