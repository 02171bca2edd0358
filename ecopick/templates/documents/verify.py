"""Checks this case file. Needs Python 3.9 or later and nothing else: python verify.py

1. Every file has the SHA-256 that manifest.json names.
2. Every audit entry's bytes have the entry's content hash (an entry of a team
   note may lack its bytes; then only its hash is checked).
3. From the first entry to the newest link, each link follows from the one before:
   SHA-256(previous hash, content hash, number as eight bytes).
"""

import hashlib
import json
import pathlib
import sys

folder = pathlib.Path(__file__).resolve().parent
faults = []


def read(name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


for name, expected in read("manifest.json")["files"].items():
    path = folder / name
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
    if found != expected:
        faults.append(f"{name}: {found}")

chain = read("chain.json")
entries = {entry["seq"]: entry for entry in read("audit.json")["entries"]}
link = bytes.fromhex(chain["first_prev_hash"])
for seq, text in enumerate(chain["content_hashes"], chain["first_seq"]):
    content = bytes.fromhex(text)
    link = hashlib.sha256(link + content + seq.to_bytes(8, "big")).digest()
    entry = entries.pop(seq, None)
    if entry is None:
        continue
    if entry["content_hash"] != text or entry["hash"] != link.hex():
        faults.append(f"entry {seq}: its link does not follow")
    body = entry["body"]
    if body is not None and hashlib.sha256(body.encode("utf-8")).hexdigest() != text:
        faults.append(f"entry {seq}: its bytes were changed")
faults += [f"entry {seq}: it stands in no link" for seq in entries]
if link.hex() != chain["last_hash"]:
    faults.append("the newest link does not follow")

print("\n".join(faults) if faults else "This case file is whole: every check passed.")
print(f"Newest link: number {chain['last_seq']}, {chain['last_hash']}")
sys.exit(1 if faults else 0)
