"""Runs scim2-tester and scim-sanity against a server and judges what they report.

    check.py BASE TOKEN [--dialect DIALECT] [--report FILE]

Ends with status 1 when either reports what EXPLAINED does not explain, and when an explanation of the
dialect has nothing left to explain.
"""

import argparse
import collections
import json
import subprocess
import sys

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

BOTH = ("tolerant", "strict")
# What may be reported, each with the sentence that decides it: the dialects in which it is reported, a
# part of the report's text, why it is answered so.
EXPLAINED = [
    (
        BOTH,
        "remove attribute 'active'",
        "RFC 7643, section 4.1.1: \"The definitive meaning of this attribute is determined by the service "
        "provider\". A person of whom nothing is said is active here, and a read always says so; removing "
        "`active` from somebody inactive is refused, so that nobody is let back in by it.",
    ),
    (
        BOTH,
        "PATCH /Groups/{id}: Expected HTTP 200, got 204",
        "RFC 7644, section 3.5.2: \"the server either MUST return a 200 OK response code and the entire "
        "resource within the response body [...] or MAY return HTTP status code 204 (No Content)\". Nobody "
        "reads a huge group back: 204, or 200 where `attributes` is given.",
    ),
    (
        BOTH,
        "PATCH /Groups/{id} remove members: Expected 200, got 204",
        "As above.",
    ),
    (
        BOTH,
        "PATCH /Groups/{id} add member: Expected 200, got 400",
        "It adds `fake-member-id`, which does not exist. RFC 7643, section 4.2: the \"value\" of a member "
        "\"contains the value of an 'id' attribute of a SCIM resource\"; RFC 7644, table 9, invalidValue.",
    ),
    (
        ("strict",),
        'there is no attribute "schemas" here',
        "The client sends `schemas` inside the extension. RFC 7643, section 3: \"schemas\" is an attribute "
        "of the resource, and no schema defines it inside an extension; the strict dialect refuses what no "
        "schema defines, the tolerant one ignores it.",
    ),
    (
        ("strict",),
        "accessGroup: no access group of this name may be linked by provisioning",
        "`accessGroup` takes the names that an administrator opened to provisioning, the tools send random "
        "text. RFC 7644, table 9, invalidValue: \"the value specified was not compatible with the operation "
        "or attribute type\". The tolerant dialect keeps it and warns.",
    ),
]

GOOD = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
BAD = {Status.ERROR, Status.CRITICAL}


def tester(base, token):
    """Rows (verdict, title, reason) of scim2-tester."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=base, headers=headers, timeout=30) as http:
        rows = []
        for result in check_server(SyncSCIMClient(http)):
            if result.status in GOOD:
                verdict = "passed"
            elif result.status in BAD:
                verdict = "error"
            elif result.status is Status.SKIPPED:
                verdict = "skipped"
            else:
                verdict = "warning"
            title = result.title
            if result.resource_type:
                title = f"{title} ({result.resource_type})"
            rows.append((verdict, title, result.reason or ""))
        return rows


def sanity(base, token):
    """Rows (verdict, title, reason) of scim-sanity in its strict mode."""
    command = [sys.executable, "-m", "scim_sanity", "probe", base, "--token", token, "--strict"]
    command += ["--i-accept-side-effects", "--json-output"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    try:
        report = json.loads(run.stdout)
    except ValueError:
        return [("error", "scim-sanity", f"{run.stdout}{run.stderr}".strip()[-2000:])]
    verdicts = {"pass": "passed", "passed": "passed", "fail": "error", "failed": "error", "error": "error"}
    verdicts |= {"warn": "warning", "warning": "warning", "skip": "skipped", "skipped": "skipped"}
    rows = []
    for result in report["results"]:
        verdict = verdicts.get(str(result["status"]).lower(), "error")
        rows.append((verdict, f"{result.get('phase', '')}: {result['name']}", result.get("message") or ""))
    return rows


def explained(row, explanations):
    return next((entry for entry in explanations if entry[1] in f"{row[1]}: {row[2]}"), None)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("base")
    arguments.add_argument("token")
    arguments.add_argument("--dialect", default="tolerant", choices=BOTH)
    arguments.add_argument("--report")
    options = arguments.parse_args()
    failed, text = False, []
    explanations = [entry for entry in EXPLAINED if options.dialect in entry[0]]
    unused = list(explanations)
    for name, rows in [("scim2-tester", tester(options.base, options.token)), ("scim-sanity --strict", sanity(options.base, options.token))]:
        counts, told = collections.Counter(), []
        for verdict, title, reason in rows:
            entry = explained((verdict, title, reason), explanations) if verdict in ("error", "warning") else None
            if entry:
                unused = [other for other in unused if other is not entry]
                counts[f"{verdict} that is explained"] += 1
                told.append(f"- {verdict}, explained: {title}: {reason}\n  {entry[2]}")
                continue
            counts[verdict] += 1
            if verdict in ("error", "warning"):
                failed = True
                told.append(f"- **{verdict}**: {title}: {reason}")
            elif verdict == "skipped":
                told.append(f"- skipped: {title}: {reason}")
        if counts["passed"] == 0:
            failed = True
            told.append("- **nothing passed**: it did not reach the server")
        summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items(), reverse=True))
        text += [f"## {name}\n\n{summary}\n", *told, ""]
    for _, key, _ in unused:
        failed = True
        text.append(f"- **stale**: nothing is reported any more that is explained as {key!r}")
    report = "\n".join(text)
    print(report)
    if options.report:
        with open(options.report, "w", encoding="utf-8") as file:
            file.write(report)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
