"""The same items as Label Studio tasks: query, product, five steps; five choices a task."""

from __future__ import annotations

from typing import Any

from annotation.cot.steps import StepKind

Record = dict[str, Any]
VERDICTS = ("correct", "incorrect", "unsure")
# As bench.support.items has them.
_STEPS = {
    StepKind.QUERY: "want: kettle\ncolor: black",
    StepKind.ITEM: "product: kettle\ncolor: black",
    StepKind.CATEGORY: "kettle kettle same\ncategory: match",
    StepKind.ATTRIBUTE: "color: black black same met\nattribute: all",
    StepKind.FINAL: "category match attribute all\ntier: 4",
}

CONFIG = "<View>\n{}\n</View>".format(
    "\n".join(
        [
            '<Header value="$query"/>',
            '<Text name="title" value="$title"/>',
            *(
                f'<Text name="step_{k:d}" value="$step_{k:d}"/>\n'
                f'<Choices name="verdict_{k:d}" toName="step_{k:d}" required="true">'
                + "".join(f'<Choice value="{verdict}"/>' for verdict in VERDICTS)
                + "</Choices>"
                for k in StepKind
            ),
        ]
    )
)
# For pairs alone: the tier.
PAIR_CONFIG = (
    '<View><Header value="$query"/><Text name="title" value="$title"/>'
    '<Choices name="tier" toName="title"><Choice value="4"/><Choice value="1"/>'
    "</Choices></View>"
)
RESULT: list[Record] = [
    {
        "from_name": f"verdict_{kind:d}",
        "to_name": f"step_{kind:d}",
        "type": "choices",
        "value": {"choices": ["correct"]},
    }
    for kind in StepKind
]


def pair(number: int) -> Record:
    """A record that our import and theirs both get."""
    return {
        "query": f"black kettle p{number}",
        "query_type": "general",
        "locale": "en",
        "product_id": f"p{number}",
        "title": f"Kettle {number}",
        "category_path": "kitchen > kettle",
        "attributes": "color:black|capacity:1.7 l",
        "description": "A kettle for boiling water, with a lid and a handle.",
    }


def task(number: int, *, labelled: bool = False) -> Record:
    """``labelled``: with one annotation that chooses five times."""
    data = pair(number) | {f"step_{kind:d}": text for kind, text in _STEPS.items()}
    return {"data": data} | ({"annotations": [{"result": RESULT}]} if labelled else {})
