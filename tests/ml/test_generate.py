"""Candidates: K a prompt, seeds kept, resumed where it stopped, never a pad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from rewardmodel.ml import generate
from rewardmodel.ml.artifacts import load_policy
from rewardmodel.ml.encode import decode, encode_prompt
from rewardmodel.ml.errors import Cancelled, StageError
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.sampling import Sampling, draw, sample


def manifest(made: Path, out: Path, **changes: Any) -> dict[str, Any]:
    return {
        "seed": 1,
        "threads": 2,
        "policy_dir": str(made / "sft" / "model"),
        "prompts": str(made / "prompts.jsonl"),
        "out": str(out),
        "batch_size": 8,
        **changes,
    }


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


class StopAfter(Reporter):
    def __init__(self, prompts: int) -> None:
        super().__init__()
        self.prompts = prompts

    def progress(self, done: int, total: int, message: str = "") -> None:
        if done >= self.prompts:
            self.cancel()


def test_every_prompt_gets_k_completions_with_seed_and_log_probabilities(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    result = generate.run(manifest(made, out, k=3), Reporter())
    found = rows(out)
    assert (result["completions"], len(found)) == (144, 144)
    assert len({(row["prompt_id"], row["index"]) for row in found}) == 144
    assert len({row["seed"] for row in found}) == 144
    assert {row["finish_reason"] for row in found} <= {"eos", "length"}
    assert all(value <= 0 for row in found for value in row["token_logprobs"])


def test_a_cancelled_job_resumes_to_the_same_file(made: Path, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    generate.run(manifest(made, whole), Reporter())
    with pytest.raises(Cancelled):
        generate.run(manifest(made, cut), StopAfter(16))
    assert len(rows(cut)) == 64
    with cut.open("a") as stream:  # what a kill in the middle of a line leaves
        stream.write('{"prompt_id": "p9", "ind')
    result = generate.run(manifest(made, cut), Reporter())
    assert result["skipped"] == 16
    texts = [
        {(r["prompt_id"], r["index"]): (r["text"], r["seed"]) for r in rows(path)} for path in (whole, cut)
    ]
    assert texts[0] == texts[1]
    again = generate.run(manifest(made, cut), Reporter())
    assert (again["skipped"], again["completions"]) == (48, 0)


def test_exact_duplicates_are_drawn_again_a_bounded_number_of_times(made: Path, tmp_path: Path) -> None:
    cold = {"temperature": 0.05, "k": 6}
    without = generate.run(manifest(made, tmp_path / "a.jsonl", **cold, redraws=0), Reporter())
    redrawn = generate.run(manifest(made, tmp_path / "b.jsonl", **cold, redraws=4), Reporter())
    assert without["duplicates"] > redrawn["duplicates"]


def test_prompts_too_long_for_the_policy_are_refused_and_nothing_is_written(
    made: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(StageError, match="lower max_new_tokens"):
        generate.run(manifest(made, out, max_new_tokens=5000), Reporter())
    assert not out.exists()


def test_two_prompts_with_one_id_are_refused(made: Path, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n')
    with pytest.raises(StageError, match="same id"):
        generate.run(manifest(made, tmp_path / "out.jsonl", prompts=str(prompts)), Reporter())


def test_the_recorded_log_probabilities_are_those_of_a_plain_forward_pass(made: Path) -> None:
    policy, tokenizer = load_policy(made / "sft" / "model")
    prompts = ["Is the park worth a visit?", "How is the bridge today?"]
    groups = sample(
        policy, tokenizer, prompts, [[1, 2], [3, 4]], Sampling(temperature=0.7, max_new_tokens=20)
    )
    for prompt, group in zip(prompts, groups, strict=True):
        for one in group:
            tail = [*one.ids, tokenizer.eos_token_id] if one.finish_reason == "eos" else one.ids
            head = encode_prompt(tokenizer, prompt)
            with torch.no_grad():
                logits = policy(input_ids=torch.tensor([head + tail])).logits[0, len(head) - 1 : -1]
            wanted = torch.log_softmax(logits / 0.7, -1)[range(len(tail)), tail]
            assert one.logprobs == pytest.approx(wanted.tolist(), abs=1e-4)


def test_a_seed_gives_the_same_sample_alone_and_in_a_batch(made: Path) -> None:
    policy, tokenizer = load_policy(made / "sft" / "model")
    prompts = ["Is the park worth a visit?", "What should I know about the museum?"]
    together = sample(policy, tokenizer, prompts, [[11, 12], [13, 14]], Sampling())
    alone = sample(policy, tokenizer, prompts[1:], [[14]], Sampling())
    assert decode(tokenizer, alone[0][0].ids) == decode(tokenizer, together[1][1].ids)


def test_the_policy_never_emits_pad(made: Path) -> None:
    policy, tokenizer = load_policy(made / "sft" / "model")
    ids = torch.randint(3, len(tokenizer), (16, 12), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        chance = torch.softmax(policy(input_ids=ids).logits, -1)[..., tokenizer.pad_token_id]
    assert float(chance.max()) == 0.0


def test_draws_follow_the_softmax() -> None:
    logits = torch.tensor([0.0, 1.0, -1.0]).expand(20_000, 3)
    noise = torch.rand(20_000, generator=torch.Generator().manual_seed(0))
    tokens, _ = draw(logits, noise, Sampling(temperature=0.5))
    share = torch.bincount(tokens, minlength=3) / len(tokens)
    assert torch.allclose(share, torch.softmax(logits[0] / 0.5, -1), atol=0.01)


def test_top_p_keeps_the_smallest_set_of_that_mass() -> None:
    logits = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05])).expand(5_000, 4)
    noise = torch.rand(5_000, generator=torch.Generator().manual_seed(0))
    tokens, logprobs = draw(logits, noise, Sampling(top_p=0.7))
    assert set(tokens.tolist()) == {0, 1}
    assert float(logprobs[tokens == 0][0].exp()) == pytest.approx(0.625, abs=1e-5)
