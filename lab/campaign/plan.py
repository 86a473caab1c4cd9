"""What a campaign is to run, as a file that its processes read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.campaign.settings import CampaignConfig
from training.job.files import read_json, write_json
from training.job.folder import REPORT
from training.job.types import BadInput

PLAN = "campaign.json"


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    orders: list[str]
    config: CampaignConfig
    policy: str


def plan_write(out: Path, plan: CampaignPlan) -> None:
    """Raises BadInput where cells of other settings lie; more orders are welcome."""
    out.mkdir(parents=True, exist_ok=True)
    if (out / PLAN).exists():
        kept = plan_read(out)
        if (kept.config, kept.policy) != (plan.config, plan.policy):
            raise BadInput(f"{out} was begun with other settings: move it, or change --work")
    body = {"orders": plan.orders, "config": plan.config.described(), "policy": plan.policy}
    write_json(out / PLAN, body)


def plan_read(out: Path) -> CampaignPlan:
    body = read_json(out / PLAN)
    return CampaignPlan(body["orders"], CampaignConfig(**body["config"]), body["policy"])


def done(cell: Path) -> bool:
    return (cell / REPORT).exists()
