"""RL core: torch and TRL, no Django, no Celery.

The settings below must be in place before torch loads, and this package is imported before
any of its modules: OpenMP's spin-waiting costs up to 19 x on shared CPU cores (design.md 3).
"""

import os
import warnings

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# rollout_func is how our sampler serves TRL's trainer; TRL is pinned, so its warning is no news
os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
# TRL 1.16 calls what transformers 5.23 has renamed, at every update; both are pinned
warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
