"""How long pages of the console take with 100,000 people and 1,000,000 events, and how much the first load weighs.

Besides, each person has an access link, every tenth an access request, every fiftieth a vendor of their own; and an
internal group has a fifth as many people, each with an access link.

    python3 speed.py BINARY [people] [events]

Every page is asked for 12 times after one warm-up; what is told is what the caller waits, loopback included.
Fails when a page's median is over 50 ms or the first load over 150 KB compressed.
"""

import gzip
import http.client
import json
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

MEDIAN_MS = 50
FIRST_LOAD_BYTES = 150_000
PASSWORD = "a sentence nobody guesses"


class Server:
    def __init__(self, binary, folder):
        command = [binary, "serve", "--json", "--listen", "127.0.0.1:0", "--log", "error"]
        command += ["--database", f"sqlite:{folder}/v.db"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        text = ""
        for line in self.process.stdout:
            text += line
            try:
                self.told = json.loads(text)
                break
            except json.JSONDecodeError:
                continue
        self.host = self.told["public_url"].removeprefix("http://")
        self.cookie = ""

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def send(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host)
        headers = {"Cookie": self.cookie, **(headers or {})}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Set-Cookie"), answer.read().decode()

    def form(self, path, **fields):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urllib.parse.urlencode(fields), headers)

    def sign_in(self):
        status, cookie, _ = self.form("/flow/auth/signin", name="ada", password=PASSWORD)
        assert status == 303, status
        self.cookie = cookie.split(";")[0]


def begin(server):
    """An administrator, a provider, and one person, group and event of each kind to be multiplied."""
    link = server.told["set_up_link"]
    fields = {"name": "ada", "password": PASSWORD, "repeated": PASSWORD}
    status, _, text = server.form(urllib.parse.urlparse(link).path, **fields)
    assert status < 400, text
    server.sign_in()
    csrf = re.search(r'name="csrf" value="(\w+)"', server.send("GET", "/console")[2])[1]
    person, headers = push(server, csrf, "Okta", "third_party", "first", "Acme")
    server.send("GET", "/scim/v2/Users?filter=nonsense", None, headers)
    post(server, csrf, "/access-groups/new", name="Gate", enabled="yes", approvals_required=0, disapprovals_to_cancel=1,
         approval_levels=1)
    gate = first(server, "access-groups")
    vendor = first(server, "vendors")
    end = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 60 * 24 * 3600))
    post(server, csrf, f"/vendors/{vendor}/edit", access_group=gate, start="2020-01-01T00:00", end=end, status="enabled",
         link_delivery="default")
    post(server, csrf, f"/people/{person}/links", days=30)
    own, _ = push(server, csrf, "Entra", "internal", "own", "Operations")
    group = first(server, "internal-groups")
    post(server, csrf, f"/internal-groups/{group}", access_group=gate, enabled="yes", link_delivery="default")
    post(server, csrf, f"/people/{own}/links", days=30)
    post(server, csrf, f"/access-groups/{gate}", name="Gate", enabled="yes", approvals_required=1, disapprovals_to_cancel=1,
         approval_levels=1)
    post(server, csrf, f"/people/{person}/request", justification="The motor is due", start="", duration_minutes="")
    time.sleep(2)
    return person


def push(server, csrf, provider, user_type, name, group):
    """A provider that pushes a person, and a group with them in it: the person's id, and the headers to go on with."""
    made = server.form("/console/set-up", csrf=csrf, product="okta_custom", name=provider, user_type=user_type, addresses="*")
    token = re.search(r"vat_\w[\w-]*", made[2])[0]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    user = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "displayName": f"{name.title()} Person",
            "name": {"givenName": name.title(), "familyName": "Person"}, "title": "Engineer", "active": True,
            "emails": [{"value": f"{name}@acme.example", "primary": True}]}
    status, _, text = server.send("POST", "/scim/v2/Users", json.dumps(user), headers)
    person = json.loads(text)["id"]
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": group, "members": [{"value": person}]}
    assert server.send("POST", "/scim/v2/Groups", json.dumps(body), headers)[0] == 201
    return person, headers


def post(server, csrf, path, **fields):
    status, _, text = server.form(f"/console{path}", csrf=csrf, **fields)
    assert status < 400, (path, status, text)


def first(server, page):
    """The id of the first thing that a list links to."""
    text = server.send("GET", f"/console/{page}")[2]
    return re.search(rf"/console/{page}/([0-9a-f]{{8}}-[0-9a-f-]{{27}})", text)[1]


def multiply(file, people, events):
    database = sqlite3.connect(file)
    database.execute("PRAGMA synchronous = OFF")
    series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "

    def copy(table, changes, condition, count):
        names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changes.get(name, f"t.{name}") for name in names)
        columns = ", ".join(names)
        database.execute(f"{series}INSERT INTO {table} ({columns}) SELECT {values} FROM n, {table} t WHERE {condition}", (count,))

    # Spread over the last thirty days; ids begin with the time, as the server makes them.
    month = 30 * 24 * 3600 * 1000
    begin = int(time.time() * 1000) - month

    def at(number, of):
        return f"({begin} + ({number}) * {month // of})"

    def identifier(number, of):
        millis = at(number, of)
        return f"printf('%08x-%04x-7000-8000-%012x', {millis} >> 16, {millis} & 65535, {number})"

    later = "n.i * 1000000 * 60"

    def people_like(user_name, name, identified, count):
        like = f"(SELECT id FROM users WHERE user_name = '{user_name}')"
        copy("users", {
            "id": identified,
            "user_name": f"'{name}' || n.i",
            "user_name_key": f"'{name}' || n.i",
            "display_name_key": f"'{name} ' || n.i",
            "email": f"'{name}' || n.i || '@acme.example'",
            "email_key": f"'{name}' || n.i || '@acme.example'",
            "active": "n.i % 10 > 0",
        }, f"t.user_name = '{user_name}'", count)
        copy("memberships", {"sequence": "NULL", "member_id": identified}, f"t.member_id = {like}", count)
        copy("placements", {"user_id": identified}, f"t.user_id = {like}", count)
        copy("access_links", {
            "id": identified,
            "user_id": identified,
            "user_name": f"'{name}' || n.i",
            "user_name_key": f"'{name}' || n.i",
            "end_at": f"t.end_at + {later} / 10",
        }, f"t.user_id = {like}", count)
        return like

    first = people_like("first", "person", identifier("n.i", people), people)
    people_like("own", "staff", identifier(f"n.i + {people}", people * 2), people // 5)
    copy("access_requests", {
        "id": identifier("n.i", people),
        "user_id": identifier("n.i * 10", people),
        "user_name": "'person' || n.i * 10",
        "state": "CASE WHEN n.i % 20 = 0 THEN 'pending' ELSE 'withdrawn' END",
        "expires": f"t.expires + {later}",
    }, f"t.user_id = {first}", people // 10)
    copy("vendors", {
        "id": identifier("n.i", people),
        "group_id": "NULL",
        "name": "'Vendor ' || n.i",
        "name_key": "'vendor ' || n.i",
        "status": "CASE WHEN n.i % 10 = 0 THEN 'pending' ELSE 'enabled' END",
        "end_at": f"t.end_at + {later} * 10",
    }, "t.name = 'Acme'", people // 50)
    last = database.execute("SELECT max(seq) FROM events").fetchone()[0]
    copy("events", {
        "id": identifier("n.i", events),
        "seq": f"{last} + n.i",
        "at": f"{at('n.i', events)} * 1000",
        "subject_id": identifier(f"n.i % {people} + 1", people),
    }, f"t.action = 'user.created' AND t.subject_id = {first}", events)
    database.commit()
    counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("users", "events", "access_links", "access_requests", "vendors")]
    database.close()
    return counts


def measure(server, person):
    provider, refused, link, asked = (first(server, page) for page in ("providers", "requests", "links", "access-requests"))
    group = first(server, "internal-groups")
    vendor = re.search(r"/console/vendors/([0-9a-f-]{36})\"><bdi>Acme", server.send("GET", "/console/vendors?name=Acme")[2])[1]
    pages = [
        "", "/search?q=person777", "/search?q=nobody-at-all", "/providers", f"/providers/{provider}",
        f"/providers/{provider}/edit", f"/providers/{provider}/set-up", f"/providers/{provider}/delete", "/set-up",
        "/people", "/people?user_name=person999", f"/people?provider={provider}", f"/people/{person}", "/vendors",
        f"/vendors/{vendor}", "/internal-groups", f"/internal-groups/{group}", f"/internal-groups/{group}/panic", "/access-groups",
        "/links", f"/links/{link}", "/timeline",
        "/timeline?kind=link.expired", "/access-requests", "/access-requests?state=pending", f"/access-requests/{asked}",
        f"/people/{person}/request", f"/vendors/{vendor}/panic", "/vendors?status=pending", "/events", "/events?action=panic.pressed",
        "/events?action=user.created", f"/events?provider={provider}", f"/events?subject={person}", "/requests",
        f"/requests/{refused}", "/credentials", "/credentials?state=soon",
        "/warnings", "/tolerances", "/administrators", "/settings", "/schemas", "/health", "/account",
    ]
    slow = []
    print(f"{'page':44} {'median ms':>9} {'most ms':>8} {'bytes':>8} {'gzip':>7}")
    first_load = 0
    for page in pages:
        times = []
        for turn in range(13):
            began = time.perf_counter()
            status, _, text = server.send("GET", f"/console{page}")
            if turn:
                times.append((time.perf_counter() - began) * 1000)
            assert status in (200, 303), (page, status, text[:200])
        weight = len(gzip.compress(text.encode()))
        if page == "":
            first_load = weight
            for asset in re.findall(r'(?:href|src)="(/assets/[^"]+)"', text):
                first_load += len(gzip.compress(server.send("GET", asset)[2].encode()))
        shown = re.sub(r"[0-9a-f-]{36}", "ID", page) or "(home)"
        median = statistics.median(times)
        print(f"{shown:44} {median:9.1f} {max(times):8.1f} {len(text):8} {weight:7}")
        if median > MEDIAN_MS:
            slow.append(shown)
    print(f"first load, compressed: {first_load} bytes (page, style, script, icon)")
    return slow, first_load


def main():
    binary = sys.argv[1]
    people, events = (int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(binary, folder)
        person = begin(server)
        server.stop()
        counts = multiply(Path(folder) / "v.db", people, events)
        print("{} people, {} events, {} links, {} access requests, {} vendors, SQLite; ".format(*counts)
              + f"{Path(binary).parent.name} build")
        server = Server(binary, folder)
        try:
            server.sign_in()
            slow, first_load = measure(server, person)
        finally:
            server.stop()
    if slow or first_load > FIRST_LOAD_BYTES:
        print("too slow: " + ", ".join(slow) if slow else "too heavy")
        sys.exit(1)
    print(f"every median within {MEDIAN_MS} ms, the first load within {FIRST_LOAD_BYTES} bytes")


main()
