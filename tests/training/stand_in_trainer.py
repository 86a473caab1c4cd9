"""In place of ``python -m training.rl.train RUN_DIR``: writes what a trainer writes.

``stand_in_trainer.py BEHAVIOUR training.rl.train RUN_DIR``
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

behaviour, _module, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
(folder / "pid").write_text(str(os.getpid()))
(folder / "eval_before.json").write_text(json.dumps({"macro_f1": 0.25, "kappa": float("nan")}))
done = len(list((folder / "checkpoints").glob("*")))
if behaviour == "killed_at_once":
    os.kill(os.getpid(), signal.SIGKILL)
with (folder / "metrics.jsonl").open("a") as out:
    for step in range(done + 1, 4):
        out.write(json.dumps({"step": step, "total_steps": 3, "reward": step / 4}) + "\n")
        out.flush()
        (folder / "checkpoints" / str(step)).mkdir(parents=True)
        print(f"step {step}", flush=True)
        if (part := folder / f"ledger-{step}").exists():  # what a test wants it to write
            with (folder / "ledger.jsonl.zst").open("ab") as ledger:
                ledger.write(part.read_bytes())
        if behaviour == "crash_once" and done == 0:
            sys.exit("boom at step 1")
        if behaviour == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
if behaviour == "bad_input":
    print("train.jsonl line 1: no truth", file=sys.stderr)
    sys.exit(4)
while behaviour == "wait" and not (folder / "CANCEL").exists():
    time.sleep(0.05)
if behaviour == "wait":
    sys.exit(3)
(folder / "eval_after.json").write_text(json.dumps({"macro_f1": 0.75}))
(folder / "report.json").write_text(json.dumps({"seconds": 1.5}))
if behaviour != "no_model":
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "config.json").write_text("{}")
    (folder / "model" / "stepwise.json").write_text(
        json.dumps({"layout": "answer_last", "style": "bare", "prompt_version": "1"})
    )
