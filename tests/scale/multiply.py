"""Copies the people that a server was given over HTTP, in its database, until there are many.

The copies are what the server would have made of `scale.person` with another number: every table that tells
of a person gets their rows, and every group one copy with their copies for members. Only their history,
events, is not copied. Nothing here helps the server: no index is left out, nothing is analysed, rows come
in the order in which people would have come.
"""

import random
import sqlite3
import subprocess
import time

# Of one person to the next, in microseconds.
PACE = 10_000
# Rows of one statement and transaction.
CHUNK = 50_000
# Where a person's id may stand; with a table or column more, copies would miss what it tells.
KNOWN = {("users", "id"), ("user_emails", "user_id"), ("memberships", "member_id"), ("events", "subject_id")}

# What in a person's documents tells their number, as SQL over that number.
NUMBERED = [
    """'"person' || {} || '@bench.example"'""",
    """'"x-' || {} || '"'""",
    """'erson ' || {} || '"'""",
    """'umber ' || {} || '"'""",
    """'5555-' || (10000000 + {}) || '"'""",
    """'"employeeNumber":"' || {} || '"'""",
    """'nit ' || ({} % 100) || '"'""",
]


def multiply(database, ids, group, users, spoil=False):
    """Copies the people with `ids`, numbered from 0, and their group, until there are `users`. Gives the ids
    of all people and groups in the order of their numbers. With `spoil` documents stay as they were."""
    engine = Sqlite(database) if database.startswith("sqlite:") else Postgres(database)
    check_tables(engine, ids[0])
    begin = (int(time.time()) - 60) * 1_000_000 - users * PACE
    people = [
        (number, number % len(ids), ids[number % len(ids)], identifier(begin + number * PACE), begin + number * PACE)
        for number in range(len(ids), users)
    ]
    groups = [
        (number, group, identifier(begin + number * len(ids) * PACE), begin + number * len(ids) * PACE)
        for number in range(1, (users + len(ids) - 1) // len(ids))
    ]
    people = [(*person, groups[person[0] // len(ids) - 1][2]) for person in people]
    engine.run(people, groups, statements(engine, users, len(ids), spoil))
    return ids + [person[3] for person in people], [group] + [copy[2] for copy in groups]


def identifier(micros):
    """A version 7 UUID of that time, RFC 9562."""
    digits = f"{micros // 1000:012x}7{random.getrandbits(12):03x}{8 + random.getrandbits(2):x}{random.getrandbits(60):015x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def statements(engine, users, loaded, spoil):
    document = "t.{}"
    for pattern in [] if spoil else NUMBERED:
        document = f"replace({document}, {pattern.format('c.origin')}, {pattern.format('c.number')})"
    mail = "'person' || c.number || '@bench.example'"
    changes = {
        "groups": {
            "id": "c.id",
            "display_name": "'Group ' || c.number",
            "display_name_key": "'group ' || c.number",
            "document": "replace(t.document, 'roup 0\"', 'roup ' || c.number || '\"')",
            "match_document": "replace(t.match_document, 'roup 0\"', 'roup ' || c.number || '\"')",
            "created": "c.at",
            "modified": "c.at",
        },
        "users": {
            "id": "c.id",
            "user_name": mail,
            "user_name_key": mail,
            "display_name_key": "'person ' || c.number",
            "external_id": "'x-' || c.number",
            "email": mail,
            "email_key": mail,
            "document": document.format("document"),
            "match_document": document.format("match_document"),
            "created": "c.at",
            "modified": "c.at",
        },
        "user_emails": {"user_id": "c.id", "value_key": mail},
        "memberships": {"sequence": None, "group_id": "c.group_id", "member_id": "c.id"},
    }

    def copy(table, source):
        taken = {name: changes[table].get(name, f"t.{name}") for name in engine.columns(table)}
        taken = {name: value for name, value in taken.items() if value}
        return f"INSERT INTO {table} ({', '.join(taken)}) SELECT {', '.join(taken.values())} FROM {source} ORDER BY c.number"

    yield copy("groups", "group_copies c JOIN groups t ON t.id = c.origin_id")
    for first in range(loaded, users, CHUNK):
        chunk = f"(SELECT * FROM copies WHERE number >= {first} AND number < {first + CHUNK}) c"
        yield copy("users", f"{chunk} JOIN users t ON t.id = c.origin_id")
        yield copy("user_emails", f"{chunk} JOIN user_emails t ON t.user_id = c.origin_id")
        yield copy("memberships", f"{chunk} JOIN memberships t ON t.member_id = c.origin_id")


def check_tables(engine, person):
    found = {
        (table, column)
        for table, column in engine.texts()
        if engine.rows(f"SELECT 1 FROM {table} WHERE {column} = '{person}' LIMIT 1")
    }
    if found != KNOWN:
        raise SystemExit(f"a person's id stands in {sorted(found)}, and copies are made for {sorted(KNOWN)}")


class Sqlite:
    def __init__(self, database):
        self.path = database.removeprefix("sqlite:")
        self.database = sqlite3.connect(self.path, isolation_level=None)
        self.database.execute("PRAGMA synchronous = OFF")
        self.database.execute("PRAGMA cache_size = -500000")

    def rows(self, query):
        return self.database.execute(query).fetchall()

    def columns(self, table):
        return [row[0] for row in self.rows(f"SELECT name FROM pragma_table_info('{table}')")]

    def texts(self):
        return self.rows(
            "SELECT s.name, c.name FROM sqlite_schema s JOIN pragma_table_info(s.name) c WHERE s.type = 'table' AND c.type = 'TEXT'"
        )

    def run(self, people, groups, commands):
        for definition in COPIES:
            self.database.execute(definition)
        self.database.executemany("INSERT INTO copies VALUES (?, ?, ?, ?, ?, ?)", people)
        self.database.executemany("INSERT INTO group_copies VALUES (?, ?, ?, ?)", groups)
        for command in commands:
            self.database.execute(command)
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.database.close()
        self.warm()

    def warm(self):
        """Has the system's memory hold the file, as it holds one that is in use. What is compared is how much work
        a question is, not how fast the disk is that only the larger database would be read from."""
        with open(self.path, "rb", buffering=0) as file:
            while file.read(1 << 24):
                pass


class Postgres:
    def __init__(self, database):
        self.command = ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", database]

    def rows(self, query):
        told = subprocess.run([*self.command, "-c", query], check=True, capture_output=True, text=True).stdout
        return [tuple(line.split("\t")) for line in told.splitlines()]

    def columns(self, table):
        query = f"SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}'"
        return [row[0] for row in self.rows(query)]

    def texts(self):
        return self.rows(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
            "USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'text'"
        )

    def run(self, people, groups, commands):
        commands = list(commands)
        with subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True) as psql:
            for definition in COPIES:
                psql.stdin.write(f"{definition};\n")
            for table, rows in [("copies", people), ("group_copies", groups)]:
                psql.stdin.write(f"COPY {table} FROM STDIN;\n")
                for row in rows:
                    psql.stdin.write("\t".join(map(str, row)) + "\n")
                psql.stdin.write("\\.\n")
            # The copies' own table only: what the planner knows of the server's is the server's affair.
            psql.stdin.write("ANALYZE copies;\n")
            for command in commands:
                psql.stdin.write(f"{command};\n")
        if psql.returncode != 0:
            raise SystemExit(f"psql ended with {psql.returncode}")
        self.settle()
        self.warm()

    def warm(self):
        """As with the file of SQLite."""
        self.rows("CREATE EXTENSION pg_prewarm")
        self.rows("SELECT pg_prewarm(oid, 'read') FROM pg_class WHERE relkind IN ('r', 'i', 't')")
        self.rows("DROP EXTENSION pg_prewarm")

    def settle(self):
        """Has PostgreSQL done what it does by itself within minutes after many rows came: autovacuum, and a
        checkpoint, before which whoever reads has to write out the changed pages that are in its way."""
        waiting = (
            "SELECT 1 FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid WHERE s.schemaname = 'public' "
            "AND (s.n_mod_since_analyze > 50 + 0.1 * c.reltuples OR s.n_dead_tup > 50 + 0.2 * c.reltuples "
            "OR s.n_ins_since_vacuum > 1000 + 0.2 * c.reltuples) "
            "UNION ALL SELECT 1 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = current_database()"
        )
        self.rows("ALTER SYSTEM SET autovacuum_naptime = '1s'")
        self.rows("SELECT pg_reload_conf()")
        while self.rows(waiting):
            time.sleep(1)
        self.rows("ALTER SYSTEM RESET autovacuum_naptime")
        self.rows("SELECT pg_reload_conf()")
        self.rows("CHECKPOINT")


COPIES = [
    "CREATE TEMP TABLE copies (number BIGINT PRIMARY KEY, origin BIGINT, origin_id TEXT, id TEXT, at BIGINT, group_id TEXT)",
    "CREATE TEMP TABLE group_copies (number BIGINT PRIMARY KEY, origin_id TEXT, id TEXT, at BIGINT)",
]
