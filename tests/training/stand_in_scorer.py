"""In place of ``rl.reward_model.score JOB_DIR``: P(correct) is 0.9 for step 3, else 0.2; the
critique says where the judge is."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

folder = Path(sys.argv[-1])
rows = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
if any("explode" in row["prompt"] for row in rows):
    sys.exit("model folder is damaged")
server = tomllib.loads((folder / "job.toml").read_text())["server"]
with (folder / "scores.jsonl").open("w") as out:
    for row in rows:
        score = {"step_id": row["step_id"], "p": 0.9 if row["kind"] == 3 else 0.2}
        out.write(json.dumps({**score, "critique": f"because, {server}"}) + "\n")
