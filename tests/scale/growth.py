"""What a long history costs a write, and what many vendors cost the last page of their list.

    growth.py BINARY LAY_EVENTS FOLDER [--events N] [--few N] [--vendors N] [--rounds N] [--control]

Lays FEW and EVENTS events into two SQLite files and writes to both in turns, so that whatever else the
machine does falls on both alike; then pushes VENDORS groups to one server and reads its vendors to the end.
Ends with status 1 when the rate of writes beside many events is under SLOWEST of that beside few, or the
last page takes more than LIMIT times as long as the first. With --control the writes beside many events
are made twice as many: it must fail.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time

from scale import BULK, Server, person

SLOWEST = 0.9
LIMIT = 1.3
# Writes of one kind in one turn.
TURN = 50


def bulk(server, operations):
    message = json.dumps({"schemas": [BULK], "Operations": operations}).encode()
    status, body = server.ask("POST", "/Bulk", message)
    answers = json.loads(body).get("Operations", [])
    if status != 200 or any(answer["status"] not in ("200", "201") for answer in answers):
        raise SystemExit(f"Bulk answered {status}: {body[:500]}")
    return [answer["location"].rsplit("/", 1)[1] for answer in answers]


def must(server, method, path, body, expected):
    status, answer = server.ask(method, path, json.dumps(body).encode())
    if status != expected:
        raise SystemExit(f"{method} {path} answered {status}: {answer[:500]}")
    return answer


def creates(server, first):
    for number in range(first, first + TURN):
        answer = must(server, "POST", "/Users", person(number), 201)
        server.ids.append(json.loads(answer)["id"])


def changes(server, first):
    for number in range(first, first + TURN):
        operation = {"op": "replace", "path": "title", "value": f"Title {number}"}
        patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
        must(server, "PATCH", f"/Users/{random.choice(server.ids)}", patch, 200)


def in_bulk(server, first):
    creating = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": person(10**8 + number)}
        for number in range(first, first + TURN)
    ]
    bulk(server, creating)


def seconds(write, server, first):
    begun = time.perf_counter()
    write(server, first)
    return time.perf_counter() - begun


def writes(servers, rounds, control):
    """Of each kind of write the rates beside few and many events, and their ratio."""
    rows = []
    for name, write in [("create a user", creates), ("change a user", changes), ("create users by Bulk", in_bulk)]:
        times = ([], [])
        for turn in range(rounds):
            for side in (0, 1) if turn % 2 else (1, 0):
                spent = seconds(write, servers[side], turn * TURN)
                if control and side == 1:
                    spent += seconds(write, servers[side], 10**6 + turn * TURN)
                times[side].append(spent)
        few, many = (TURN / statistics.median(side) for side in times)
        rows.append((name, few, many, many / few))
    return rows


def push_vendors(server, count):
    begun = time.monotonic()
    for first in range(0, count, 500):
        groups = [
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": str(number),
                "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                    "displayName": f"Vendor {number:07}",
                },
            }
            for number in range(first, min(first + 500, count))
        ]
        bulk(server, groups)
    return count / (time.monotonic() - begun)


def page(server, parameters):
    status, body = server.ask("GET", f"/vendors?{parameters}", mount="/api/v1")
    if status != 200:
        raise SystemExit(f"/vendors?{parameters} answered {status}: {body[:500]}")
    return json.loads(body)


def last_page(server, sort, count):
    """The cursor of the page of 100 with which the list ends."""
    after, found = "", 0
    while found < count - 100:
        limit = min(1000, count - 100 - found)
        answer = page(server, f"sort={sort}&limit={limit}{after}")
        found += len(answer["items"])
        after = f"&after={answer['next']}"
    return f"sort={sort}&limit=100{after}"


def pages(server, count, rounds):
    rows = []
    for sort in ("created", "name", "-name", "modified", "end"):
        asked = (f"sort={sort}&limit=100", last_page(server, sort, count))
        assert page(server, asked[1])["next"] is None
        times = ([], [])
        for _ in range(rounds * 5):
            for side in (0, 1):
                begun = time.perf_counter()
                assert len(page(server, asked[side])["items"]) == min(100, count)
                times[side].append(time.perf_counter() - begun)
        first, last = (statistics.median(side) * 1e6 for side in times)
        rows.append((f"vendors by {sort}, 100 a page", first, last, last / first))
    return rows


def as_auditor(server):
    """Asks the admin API from here on."""
    run = [server.binary, "admin", "create", "--name", "growth", "--role", "auditor", "--password-stdin"]
    told = b"correct horse battery staple\n"
    subprocess.run(run, env=server.environment, input=told, check=True, capture_output=True)
    server.token = server.command("admin", "token", "--name", "growth")["token"]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binary")
    arguments.add_argument("lay_events")
    arguments.add_argument("folder")
    arguments.add_argument("--events", type=int, default=10_000_000)
    arguments.add_argument("--few", type=int, default=10_000)
    arguments.add_argument("--vendors", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--control", action="store_true")
    options = arguments.parse_args()
    random.seed(1)
    servers = []
    try:
        for count in (options.few, options.events):
            database = f"sqlite:{options.folder}/{count}.db"
            laid = subprocess.run([options.lay_events, database, str(count)], check=True, capture_output=True)
            print(laid.stdout.decode().strip(), flush=True)
            servers.append(Server(options.binary, database))
        failed = history(servers, options)
        if not options.control:
            servers.append(Server(options.binary, f"sqlite:{options.folder}/vendors.db", "third-party"))
            failed = vendors(servers[2], options) or failed
    finally:
        for server in servers:
            server.stop()
    sys.exit(1 if failed else 0)


def history(servers, options):
    size = os.path.getsize(f"{options.folder}/{options.events}.db") / 2**30
    print(f"the file with {options.events} events: {size:.1f} GiB")
    print(f"{'write':<44}{options.few:>12}{options.events:>12}{'ratio':>8}   (a second, beside so many events)")
    failed = False
    for name, few, many, ratio in writes(servers, options.rounds, options.control):
        under = ratio < SLOWEST
        failed = failed or under
        print(f"{name:<44}{few:>12.0f}{many:>12.0f}{ratio:>8.2f}{f'   under {SLOWEST}' if under else ''}", flush=True)
    return failed


def vendors(server, options):
    rate = push_vendors(server, options.vendors)
    print(f"pushed {options.vendors} vendors by Bulk, 500 a request: {rate:.0f}/s")
    as_auditor(server)
    print(f"{'list':<44}{'first':>12}{'last':>12}{'ratio':>8}   (medians of a page, microseconds)")
    failed = False
    for name, first, last, ratio in pages(server, options.vendors, options.rounds):
        over = ratio > LIMIT
        failed = failed or over
        print(f"{name:<44}{first:>12.0f}{last:>12.0f}{ratio:>8.2f}{f'   over {LIMIT}' if over else ''}", flush=True)
    print(f"server at most: {server.memory('VmHWM'):.0f} MB")
    return failed


if __name__ == "__main__":
    main()
