"""Runs scim2-tester and scim-sanity against a server and judges what they report.

    check.py BASE TOKEN [--report FILE]

Ends with status 1 when either reports an error, or a warning that WARNINGS does not explain.
"""

import argparse
import collections
import json
import subprocess
import sys

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

# What may be reported, each with the sentence that decides it. Keys are found in the report's text.
WARNINGS = {}

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


def explained(row):
    return next((why for key, why in WARNINGS.items() if key in f"{row[1]} {row[2]}"), None)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("base")
    arguments.add_argument("token")
    arguments.add_argument("--report")
    options = arguments.parse_args()
    failed, text = False, []
    for name, rows in [("scim2-tester", tester(options.base, options.token)), ("scim-sanity --strict", sanity(options.base, options.token))]:
        counts = collections.Counter(verdict for verdict, _, _ in rows)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ["passed", "skipped", "warning", "error"])
        text.append(f"## {name}\n\n{told}\n")
        if counts["passed"] == 0:
            failed = True
            text.append("- **nothing passed**: it did not reach the server\n")
        for row in rows:
            verdict, title, reason = row
            if verdict == "error":
                failed = True
                text.append(f"- **error**: {title}: {reason}")
            elif verdict == "warning":
                why = explained(row)
                failed = failed or why is None
                text.append(f"- warning: {title}: {reason}\n  {why or '**not explained**'}")
            elif verdict == "skipped":
                text.append(f"- skipped: {title}: {reason}")
        text.append("")
    report = "\n".join(text)
    print(report)
    if options.report:
        with open(options.report, "w", encoding="utf-8") as file:
            file.write(report)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
