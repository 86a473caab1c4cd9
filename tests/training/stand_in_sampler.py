"""In place of ``training.rl.policy.sample JOB_DIR``: a five-step CoT that opens with the
prompt's first line."""

from __future__ import annotations

import json
import sys
import time
import tomllib
from pathlib import Path

REST = """## 2 item analysis
is a chair
## 3 category match
chair and chair
category: match
## 4 attribute match
red and red
attribute: all
## 5 final judgment
fits
tier: 4"""

folder = Path(sys.argv[-1])
job = tomllib.loads((folder / "job.toml").read_text())
with (folder / "rollouts.jsonl").open("a") as out:
    for line in (folder / "pairs.jsonl").read_text().splitlines():
        row = json.loads(line)
        if "hang" in row["prompt"]:
            time.sleep(600)
        if "explode" in row["prompt"]:
            print("no such model", file=sys.stderr)
            sys.exit(4)
        for index in range(job["n"]):
            first = row["prompt"].splitlines()[0]
            text = f"## 1 query analysis\n{first}, sample {index}\n{REST}"
            sample = {"pair_id": row["pair_id"], "index": index, "text": text, "finish": "stop"}
            out.write(json.dumps(sample) + "\n")
            out.flush()
