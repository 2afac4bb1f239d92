"""Writes the seeds of the fuzz targets, a file for each, into a folder for each target.

    seeds.py INTO [VECTORS]

seeds/TARGET.txt has a seed a line; in those of `forwarded`, \\n is a line break. VECTORS is the folder
with what RFCs and public test suites contain.
"""

import json
import pathlib
import sys


def write(target, name, seed):
    if not isinstance(seed, str):
        seed = json.dumps(seed)
    folder = pathlib.Path(sys.argv[1], target)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(seed, encoding="utf-8")


def from_vectors(folder):
    def load(name):
        return json.loads((folder / name).read_text(encoding="utf-8"))

    for case in load("filters.json")["cases"]:
        write(case["kind"], case["id"], case["text"])
        if case.get("resource"):
            write("resource", case["id"], case["resource"])
    for case in load("patch.json")["cases"]:
        write("patch_apply", case["id"], case["operations"])
        write("resource", case["id"], case["resource"])
        for place, operation in enumerate(case["operations"]):
            if isinstance(operation.get("path"), str):
                write("path", f"{case['id']}-{place}", operation["path"])
    for document in load("rfc_documents.json")["documents"]:
        write("resource", document["id"], document["json"])
    for place, schema in enumerate(load("testresource-schemas.json")):
        write("resource", f"S{place}", schema)
    for case in load("oauth_token.json")["cases"]:
        write("form", case["id"], case["request"].get("body") or "")


for file in sorted((pathlib.Path(__file__).parent / "seeds").glob("*.txt")):
    for line, own in enumerate(file.read_text(encoding="utf-8").splitlines()):
        write(file.stem, f"own-{line}", own.replace("\\n", "\n") if file.stem == "forwarded" else own)
if len(sys.argv) > 2:
    from_vectors(pathlib.Path(sys.argv[2]))
