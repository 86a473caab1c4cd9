"""A small project for the pages: written pairs, hand-written rollouts, people of each role."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from annotation.cot.splits import split_of
from annotation.cot.steps import StepKind, render
from annotation.labelling.rollouts import rollout_record
from annotation.models import Pair, Project, QueueItem
from annotation.people.roles import Role
from tests.factories import make_pair, make_product, make_project, make_user, open_item

PASSWORD = "a-long-test-password"
# A drawn kettle, so that no test needs the network.
PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 320 200'%3E"
    "%3Cpath d='M110 170h100l-14-90h-72zM206 140q50-10 60-70M124 90q-40 10-30 60' fill='none' "
    "stroke='%23777' stroke-width='12'/%3E%3C/svg%3E"
)
GUIDELINE = """\
# How to judge

Judge **each step by itself**: a right conclusion does not excuse a wrong observation.

- *Category match*: would a shop put the product on the shelf the query asks for?
- *Attribute match*: count only attributes that the query names.
- Choose *unsure* when the product text does not say; write what is missing.
"""


@dataclass(frozen=True, slots=True)
class Written:
    query: str
    query_type: str
    title: str
    category: str
    attributes: list[tuple[str, str]]
    description: str
    steps: tuple[str, str, str, str, str]
    image: str = ""


KETTLE = Written(
    "gooseneck kettle 1 litre matte black",
    "general",
    "Brewline Pour-Over Gooseneck Kettle, 1.0 L, Stainless Steel, Matte Black",
    "Home & Kitchen > Coffee & Tea > Kettles > Gooseneck kettles",
    [("Capacity", "1.0 L"), ("Colour", "matte black"), ("Material", "304 stainless steel"),
     ("Hob types", "gas, electric, induction"), ("Weight", "640 g"), ("Warranty", "2 years")],
    "A slim spout for slow, even pouring. The handle stays cool on the hob.",
    ("wants a kettle with a gooseneck spout\ncapacity: 1 litre\ncolour: matte black",
     "a pour-over gooseneck kettle\ncapacity 1.0 L, colour matte black\nfor the hob",
     "query asks for: gooseneck kettles\nproduct is in: Gooseneck kettles\ncategory: match",
     "capacity 1 litre: 1.0 L, yes\ncolour matte black: matte black, yes\nattribute: all",
     "category match and all attributes hold\ntier: 4"),
    image=PICTURE,
)  # fmt: skip
HEADPHONES = Written(
    "wireless headphones without noise cancelling",
    "negation",
    "Aurex Studio 300 Wireless Over-Ear Headphones with Active Noise Cancelling",
    "Electronics > Audio > Headphones > Over-ear headphones",
    [("Connection", "Bluetooth 5.3"), ("Noise cancelling", "active"), ("Battery", "40 h"),
     ("Colour", "sand")],
    "Hybrid active noise cancelling with four microphones. Folds flat.",
    ("wants wireless headphones\nexcludes: noise cancelling",
     "wireless over-ear headphones\nactive noise cancelling, 40 h battery",
     "query asks for: headphones\nproduct is in: Over-ear headphones\ncategory: match",
     "wireless: Bluetooth 5.3, yes\nnoise cancelling: active, as asked\nattribute: all",
     "category match and all attributes hold\ntier: 4"),
)  # fmt: skip
TRIPOD = Written(
    "what do I need to film my climbing with a phone",
    "qa",
    "Helmet Chin Mount for Smartphones, Adjustable Strap",
    "Sports > Climbing > Accessories > Camera mounts",
    [("Fits", "phones 58 to 85 mm wide"), ("Weight", "92 g")],
    "Holds a phone at chin height, hands free.",
    ("asks what is needed to film climbing hands free\ndevice: a phone",
     "a chin mount that holds a phone on a helmet\nfits phones 58 to 85 mm wide",
     "query asks for: mounts for phones\nproduct is in: Camera mounts\ncategory: match",
     "no attribute is named in the query\nattribute: not_requested",
     "category match and nothing else is asked\ntier: 4"),
)  # fmt: skip
SANDALS = Written(
    "women's hiking sandals size 39 not leather",
    "negation",
    "Trailmark Canyon Hiking Sandals, Women, Size 38, Synthetic Straps",
    "Shoes > Women > Outdoor > Hiking sandals",
    [("Size", "38"), ("Upper", "synthetic"), ("Sole", "rubber")],
    "Quick-drying straps and a grippy sole.",
    ("wants hiking sandals for women\nsize: 39\nexcludes: leather",
     'title: "Hiking Sandals, Women"\nsize: 39\nupper: synthetic\nproof: "waterproof leather"',
     "query asks for: hiking sandals\nproduct is in: Hiking sandals\ncategory: match",
     "size 39: 38, no\nnot leather: synthetic, yes\nattribute: partial",
     "category match and some attributes hold\ntier: 3"),
)  # fmt: skip


def project_seed() -> Project:
    project = make_project(slug="demo", name="Shop search, demo", guideline=GUIDELINE)
    return asked_each_time(project)


def asked_each_time(project: Project) -> Project:
    """The few written pairs stand for many, so every rollout of them is asked about."""
    project.reuse = False
    project.save(update_fields=["reuse"])
    return project


def pair_seed(project: Project, written: Written) -> Pair:
    product = make_product(
        project,
        written.title,
        external_id=written.title[:40],
        category_path=written.category,
        attributes=[list(attribute) for attribute in written.attributes],
        description=written.description,
        image_url=written.image,
    )
    split = split_of(written.query)
    return make_pair(project, written.query, product, split, written.query_type)


def cot(written: Written) -> str:
    return render(dict(zip(StepKind, written.steps, strict=True)))


def item_seed(
    project: Project, written: Written, *, overlap: int = 1, text: str | None = None
) -> QueueItem:
    """A queue item for a new rollout of the pair."""
    pair = pair_seed(project, written)
    rollout = rollout_record(
        pair=pair,
        text=cot(written) if text is None else text,
        policy="seed-policy",
        prompt_version="1",
        sample_index=pair.rollouts.count(),
    )
    return open_item(rollout, overlap=overlap)


def person_seed(username: str, role: Role) -> User:
    """The person of that name, with a password to sign in with."""
    user = make_user(role, username)
    if not user.has_usable_password() or not user.password:
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    return user
