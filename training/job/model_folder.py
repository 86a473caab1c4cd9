"""What a model folder says of itself before anything of it is loaded: enough to refuse what
cannot be a model here, without torch and without reading the weights. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from annotation.cot.steps import LAYOUTS
from training.job.folder import MODEL_FACTS
from training.job.prompts import NEWEST_PROMPT, PROMPT_VERSIONS, STYLES, PromptVersion
from training.job.types import BadInput

_CONFIG, _INDEX = "config.json", "model.safetensors.index.json"
_UNNAMED: PromptVersion = "1"  # of a stepwise.json that names no version of the prompt
_HEADER = 100_000_000  # bytes: safetensors' own limit
_POINTER = b"version https://git-lfs"
_OTHER_HEADS = ("ForMaskedLM", "ForTokenClassification", "ForQuestionAnswering")
# They read both ways unless their configuration calls them a decoder.
_ENCODERS = (
    "bert", "roberta", "xlm-roberta", "distilbert", "albert", "mpnet", "deberta", "deberta-v2",
    "modernbert", "nomic_bert",
)  # fmt: skip


def folder_problem(folder: Path) -> str | None:
    """Why the folder holds no causal language model, and what to do; None where nothing speaks
    against it. Loading it finds the rest."""
    return next(_problems(folder), None)


def folder_context(folder: Path) -> int | None:
    """Tokens that the model reads at most; None where its configuration does not say."""
    config = _config(folder) or {}
    text = config.get("text_config")
    for table in (config, text if isinstance(text, dict) else {}):
        for name in ("max_position_embeddings", "n_positions", "max_seq_len"):
            if isinstance(table.get(name), int) and table[name] > 0:
                return int(table[name])
    return None


def model_facts(folder: Path) -> dict[str, Any]:
    """What ``stepwise.json`` says; {} without the file.

    Raises:
        BadInput: it is malformed, or says something that is not known here.
    """
    file = folder / MODEL_FACTS
    if not file.exists():
        return {}
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: not JSON: {error}") from error
    if not isinstance(facts, dict) or facts.get("layout", LAYOUTS[0]) not in LAYOUTS:
        raise BadInput(f"{file}: 'layout' must be one of {', '.join(LAYOUTS)}")
    if facts.get("style", STYLES[0]) not in STYLES:
        raise BadInput(f"{file}: 'style' must be one of {', '.join(STYLES)}")
    known_version(facts.get("prompt_version", _UNNAMED), str(file))
    return cast(dict[str, Any], facts)


def known_version(name: object, where: str) -> PromptVersion:
    """Raises BadInput for a version that is not written here; ``where`` names it."""
    for version in PROMPT_VERSIONS:
        if version == name:
            return version
    raise BadInput(
        f"{where}: 'prompt_version' must be one of {', '.join(PROMPT_VERSIONS)}, not {name!r}: "
        "the model learned from prompts that are not known here; update Stepwise, or take "
        "another model"
    )


def prompt_version_of(folder: Path, wanted: PromptVersion | None = None) -> PromptVersion:
    """Which prompt the folder's model reads: what ``stepwise.json`` says, and where that names
    none the only one that there was then. A folder without that file, which any public model
    is, says nothing: it is given ``wanted``, else the newest.

    Raises:
        BadInput: see :func:`model_facts`; or the model reads another one than ``wanted``.
    """
    facts = model_facts(folder)
    if not (folder / MODEL_FACTS).exists():
        return wanted or NEWEST_PROMPT
    own = known_version(facts.get("prompt_version", _UNNAMED), str(folder / MODEL_FACTS))
    if wanted not in (None, own):
        raise BadInput(
            f"'{folder}' reads prompts of version {own} and would be asked with version "
            f"{wanted}: register the folder again, under its name"
        )
    return own


def _problems(folder: Path) -> Iterator[str]:
    if not (folder / _CONFIG).exists():
        yield from _gguf_problems(folder)
        return
    config = _config(folder)
    if config is None:
        yield f"{folder / _CONFIG} is not a JSON object"
        return
    kind = config.get("model_type", "unknown")
    if config.get("is_encoder_decoder"):
        yield (
            f"{folder} holds an encoder-decoder ({kind}): a model here goes on from its "
            "prompt, so take a causal language model"
        )
    heads = config.get("architectures") or []
    is_encoder = kind in _ENCODERS and not config.get("is_decoder")
    if is_encoder or any(str(head).endswith(_OTHER_HEADS) for head in heads):
        yield (
            f"{folder} holds an encoder ({', '.join(map(str, heads)) or kind}), which cannot "
            "write: take a causal language model"
        )
    yield from _weight_problems(folder)


def _gguf_problems(folder: Path) -> Iterator[str]:
    files = sorted(folder.glob("*.gguf"))
    if not files:
        yield f"{folder} holds no Hugging Face model (no {_CONFIG})"
    elif len(files) > 1:
        names = ", ".join(file.name for file in files[:5])
        yield f"{folder} holds {len(files)} GGUF files ({names}): keep one of them there"
    elif not _starts_with(files[0], b"GGUF"):
        yield f"{files[0]} is no GGUF file: {_instead(files[0])}"


def _weight_problems(folder: Path) -> Iterator[str]:
    index = folder / _INDEX
    names = sorted(path.name for path in folder.glob("*.safetensors"))
    if index.exists():
        listed = _json(index)
        table = listed.get("weight_map") if listed else None
        if not isinstance(table, dict):
            yield f"{index} is not a list of weights: download it again"
            return
        missing = sorted({str(name) for name in table.values()} - set(names))
        if missing:
            yield (
                f"{folder} lacks {len(missing)} of its weight files, such as {missing[0]}: "
                "download them"
            )
    if not names and not list(folder.glob("*.bin")):
        yield f"{folder} holds no weights (no *.safetensors)"
    for name in names:
        if problem := _cut(folder / name):
            yield f"{folder / name} {problem}"


def _cut(file: Path) -> str | None:
    """Why a safetensors file cannot be whole, by its header and its size."""
    with file.open("rb") as handle:
        start = handle.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or not 2 <= length <= _HEADER:
            return f"is no safetensors file: {_instead(file)}"
        header = handle.read(length)
    try:
        table = json.loads(header)
        ends = [row["data_offsets"][1] for key, row in table.items() if key != "__metadata__"]
        wanted = 8 + length + max(ends, default=0)
    except (ValueError, AttributeError, TypeError, LookupError):
        return "is damaged: download it again"
    size = file.stat().st_size
    if size != wanted:
        return f"is cut: it has {size} bytes of {wanted}. Download it again"
    return None


def _instead(file: Path) -> str:
    if _starts_with(file, _POINTER):
        return "it is a Git LFS pointer, run git lfs pull"
    return "download it again"


def _starts_with(file: Path, text: bytes) -> bool:
    with file.open("rb") as handle:
        return handle.read(len(text)) == text


def _config(folder: Path) -> dict[str, Any] | None:
    return _json(folder / _CONFIG)


def _json(path: Path) -> dict[str, Any] | None:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return body if isinstance(body, dict) else None
