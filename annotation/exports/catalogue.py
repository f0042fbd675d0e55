"""What each format is for, which options it has, and what it keeps and loses. Pure; pages, API and docs share it."""

from __future__ import annotations

from dataclasses import dataclass

ASPECTS = {
    "ties": "Ties",
    "unranked": "What was left unranked",
    "unacceptable": "“Unacceptable”",
    "strengths": "Strength of a preference",
    "ratings": "Ratings",
    "free_text": "Flags and notes",
    "order": "Order shown",
    "people": "Which rankings are one person's",
}
KEPT, LOST = "kept", "lost"
BESIDE = "kept beside"  # in a field of ours, which the other tool leaves out


@dataclass(frozen=True)
class Format:
    """`keeps` says of each aspect what becomes of it; `options` are those beside the common ones."""

    name: str
    title: str
    explanation: str
    reads: str
    keeps: dict[str, str]
    options: tuple[str, ...] = ()

    @property
    def lossless(self) -> bool:
        return LOST not in self.keeps.values()


def _keeps(*values: str) -> dict[str, str]:
    return dict(zip(ASPECTS, values, strict=True))


_AS_PAIRS = _keeps(
    "lost: tied pairs are skipped", "as pairs below every group", "as pairs below everything else",
    "as a margin, if asked for", LOST, LOST, LOST, LOST,
)  # fmt: skip
_PAIRS_ONLY = {**_AS_PAIRS, "strengths": LOST}

FORMATS = {
    one.name: one
    for one in (
        Format(
            "ballots", "Raw ballots (JSONL)",
            "One line a ballot with everything that was said. Nothing is lost; start here if you are unsure.",
            "any JSON reader; datasets.load_dataset(folder)",
            _keeps(*[KEPT] * 8),
        ),
        Format(
            "trl", "TRL preference pairs (JSONL)",
            "Prompt, chosen and rejected as conversations, for RewardTrainer and DPOTrainer. A ranking becomes pairs.",
            "trl.RewardTrainer after datasets.load_dataset(folder)",
            _AS_PAIRS, ("pairs", "margin"),
        ),
        Format(
            "parquet", "Parquet",
            "The raw ballots as a typed table, one file a split: small, and fast to read.",
            "datasets.load_dataset(folder), pandas, DuckDB",
            _keeps(*[KEPT] * 8),
        ),
        Format(
            "datasets", "Hugging Face datasets folder",
            "The raw ballots as the folder that load_from_disk opens, without a conversion.",
            "datasets.load_from_disk(folder)",
            _keeps(*[KEPT] * 8),
        ),
        Format(
            "label_studio", "Label Studio (JSON)",
            "Tasks with annotations and the labelling config that fits them: buckets of a ranker, or left and right.",
            "Label Studio's import, after the config",
            _keeps(
                "kept as a shared bucket; lost as pairs", "kept as a bucket; as pairs below every group",
                "kept as a bucket; as pairs below everything", BESIDE, BESIDE, BESIDE, BESIDE, BESIDE,
            ),
            ("shape",),
        ),
        Format(
            "open_assistant", "Open-Assistant trees (JSONL)",
            "One tree a prompt: its completions with the rank of the consensus, and every ballot as a ranking event.",
            "oasst-data; model_training load_oasst_export(mode=\"rm\")",
            _keeps(
                "the first of a tie has the rank, the others none; whole in the event", BESIDE, BESIDE, BESIDE,
                BESIDE, BESIDE, BESIDE, KEPT,
            ),
        ),
        Format(
            "hh", "Anthropic HH pairs (JSONL)",
            "Chosen and rejected as whole dialogues in text. The oldest form; the others are safer to read.",
            "code written for Anthropic's hh-rlhf",
            _PAIRS_ONLY, ("pairs", "markers"),
        ),
        Format(
            "argilla", "Argilla records (JSONL)",
            "One record a prompt, one response a ballot.",
            "argilla.Record.from_dict, a line at a time",
            _keeps(KEPT, "shown as a tie; kept beside", "shown as the last rank; kept beside",
                   BESIDE, BESIDE, BESIDE, BESIDE, KEPT),
        ),
    )
}  # fmt: skip
