"""Stage `ppo`: TRL's PPOTrainer in segments. The only file that touches TRL.

TRL's trainer has no resume, cancel, evaluation or gradient clipping. So a run of N updates is a row of
segments: each loads policy, value model and optimizer from disk, seeds every generator, trains a few updates
with the stock trainer on its own slice of prompts, and writes the next segment. Killed anywhere, it goes on
from the last segment to the same weights, bit for bit on a CPU. The reference is always the starting policy.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback, TrainerCallback
from trl.experimental.ppo import PPOConfig, PPOTrainer

from rewardmodel.ml import environment, guards
from rewardmodel.ml.artifacts import load_policy, load_scorer, save_folder
from rewardmodel.ml.encode import encode_prompt
from rewardmodel.ml.manifest import Manifest
from rewardmodel.ml.ppo_config import Method, PpoConfig, check_inputs, fingerprint, read_config
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.rollouts import Observer, observe
from rewardmodel.ml.segments import SegmentState, load_optimizer, read_segment, write_segment

NAMES = {  # TRL's name of a figure, and ours
    "objective/scores": "reward",
    "objective/kl": "kl",
    "objective/entropy": "entropy",
    "objective/rlhf_reward": "reward_less_kl",
    "policy/clipfrac_avg": "clip_fraction",
    "policy/approxkl_avg": "approx_kl",
    "loss/policy_avg": "policy_loss",
    "loss/value_avg": "value_loss",
    "val/ratio": "ratio",
    "lr": "lr",
}


class ClippedAdamW(torch.optim.AdamW):
    """AdamW that clips the norm of its own gradients: PPOTrainer ignores max_grad_norm.

    Policy and value model are clipped apart. Together, the value model's large first gradients shrink the
    policy's; Adam's second moment then remembers them as small, and once the value model has settled the
    policy takes steps many times too long (seen: KL jumping from 1 to 7 nats in one update).
    """

    def __init__(
        self, policy: torch.nn.Module, value: torch.nn.Module, *, lr: float, clip_norm: float
    ) -> None:
        groups = [{"params": list(policy.parameters())}, {"params": list(value.parameters())}]
        super().__init__(groups, lr=lr, eps=1e-5, weight_decay=0.0)
        self.clip_norm = clip_norm

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            torch.nn.utils.clip_grad_norm_(group["params"], self.clip_norm)
        return super().step(closure)


def run(raw: Mapping[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Train to the last update, from `resume_from` if it is given; export the policy to out_dir/model."""
    config = read_config(raw)
    texts = check_inputs(config)
    mark = fingerprint(config)
    state, folder = SegmentState(-1, 0, mark), None
    if config.resume_from is not None:
        state, folder = read_segment(config.resume_from, mark), config.resume_from
    reporter.progress(state.updates, config.method.updates, "measuring the reference")
    observer = observe(config, texts)
    while state.updates < config.method.updates:
        reporter.check()
        state, folder = _segment(config, texts, state, folder, observer, reporter)
        reporter.segment(state.index, str(folder))
    return _finish(config, state, folder, observer)


def _segment(
    config: PpoConfig,
    texts: Sequence[str],
    before: SegmentState,
    folder: Any,
    observer: Observer,
    reporter: Reporter,
) -> tuple[SegmentState, Any]:
    """Train the next segment from what the last one left on disk; return its state and folder."""
    method, index = config.method, before.index + 1
    policy, tokenizer = load_policy(folder / "policy" if folder else config.policy_dir, dtype=method.dtype)
    value, _ = load_scorer(
        folder / "value" if folder else config.reward_dir,
        kind="value" if folder else "reward",
        dtype=method.dtype,
    )
    optimizer = ClippedAdamW(policy, value, lr=method.lr, clip_norm=method.clip_norm)
    if folder:
        load_optimizer(folder, optimizer)
    updates = min(method.segment_updates, method.updates - before.updates)
    state = SegmentState(
        index, before.updates, before.fingerprint, list(before.recent), list(before.warnings)
    )
    watch = Watch(config, state, observer, reporter)
    rows = slice_of_prompts(len(texts), before.updates, updates, method)
    train_stock(
        method, tokenizer, policy, observer.reference, observer.reward, value, optimizer,
        prompts=[encode_prompt(tokenizer, texts[row]) for row in rows],
        done=before.updates, seed=environment.derive_seed(method.seed, "segment", index) , watch=watch,
    )  # fmt: skip
    observer.show_samples(policy, state.updates, reporter)
    written = write_segment(config.segments_dir, config.fence, state, policy, value, tokenizer, optimizer)
    return state, written


def slice_of_prompts(count: int, done: int, updates: int, method: Method) -> list[int]:
    """Return the rows of the updates after `done`: every prompt once, then in another order."""
    wanted = range(done * method.batch_size, (done + updates) * method.batch_size)
    orders = {
        epoch: np.random.default_rng([method.seed, 4, epoch]).permutation(count)
        for epoch in range(wanted.start // count, wanted[-1] // count + 1)
    }
    return [int(orders[place // count][place % count]) for place in wanted]


def train_stock(
    method: Method,
    tokenizer: PreTrainedTokenizerBase,
    policy: PreTrainedModel,
    reference: PreTrainedModel,
    reward: PreTrainedModel,
    value: PreTrainedModel,
    optimizer: torch.optim.Optimizer,
    *,
    prompts: Sequence[Sequence[int]],
    done: int,
    seed: int,
    watch: Watch,
) -> None:
    """Run TRL's own loop over the prompts, one update a batch. Models and optimizer are changed in place."""
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: max(0.0, 1.0 - (done + step) / method.updates)
    )
    watch.listen(policy, tokenizer.eos_token_id)
    with tempfile.TemporaryDirectory() as scratch:
        trainer = PPOTrainer(
            args=_arguments(method, scratch, len(prompts), seed),
            processing_class=tokenizer,
            model=policy,
            ref_model=reference,
            reward_model=reward,
            value_model=value,
            train_dataset=Dataset.from_dict({"input_ids": [list(row) for row in prompts]}),
            optimizers=(optimizer, scheduler),
            callbacks=[watch],
        )
        trainer.remove_callback(PrinterCallback)
        environment.seed_all(seed)  # after construction, which draws numbers of its own
        trainer.train()
        trainer.accelerator.free_memory()
    watch.deaf(policy)
    del trainer
    gc.collect()


def _arguments(method: Method, scratch: str, episodes: int, seed: int) -> PPOConfig:
    return PPOConfig(
        output_dir=scratch,
        seed=seed,
        total_episodes=episodes,
        per_device_train_batch_size=method.micro_batch_size,
        gradient_accumulation_steps=method.batch_size // method.micro_batch_size,
        num_mini_batches=method.mini_batches,
        num_ppo_epochs=method.ppo_epochs,
        learning_rate=method.lr,
        kl_coef=method.kl_coef,
        kl_estimator="k1",
        cliprange=method.clip_range,
        cliprange_value=method.clip_range,
        vf_coef=method.value_coef,
        gamma=method.gamma,
        lam=method.lam,
        temperature=method.temperature,
        response_length=method.response_length,
        local_rollout_forward_batch_size=min(64, method.batch_size),
        stop_token="eos",  # noqa: S106
        missing_eos_penalty=method.eos_penalty or None,
        num_sample_generations=0,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=environment.device() == "cpu",
    )


class Watch(TrainerCallback):  # type: ignore[misc]
    """Hears every update of the stock trainer: gathers figures, applies the guards, stops when cancelled.

    PPOTrainer ignores `should_training_stop`; raising is the only way to stop it, and nothing of an
    unfinished segment is kept.
    """

    def __init__(
        self, config: PpoConfig, state: SegmentState, observer: Observer, reporter: Reporter
    ) -> None:
        self.config, self.run, self.observer, self.reporter = config, state, observer, reporter
        self.responses: list[list[int]] = []
        self.eos = -1
        self.began = time.monotonic()

    def listen(self, policy: PreTrainedModel, eos: int) -> None:
        """Keep what the policy generates: TRL's log has no lengths and no texts."""
        stock: Callable[..., Any] = policy.generate
        self.eos = eos

        def generate(*args: Any, **options: Any) -> Any:
            output = stock(*args, **options)
            self.responses += output.sequences[:, options["input_ids"].shape[1] :].tolist()
            return output

        policy.generate = generate

    def deaf(self, policy: PreTrainedModel) -> None:
        del policy.generate

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        """Called once an update, after its optimisation."""
        if logs is None or "objective/kl" not in logs:
            return
        method, seen = self.config.method, guards.behaviour(self.responses, self.eos)
        now = time.monotonic()
        figures = {ours: float(logs[theirs]) for theirs, ours in NAMES.items()}
        figures |= vars(seen) | {"samples_per_s": method.batch_size / (now - self.began)}
        self.began, self.responses = now, []
        self.run.updates += 1
        self.run.recent = [*self.run.recent, figures][-self.config.limits.window :]
        if self.run.updates == 1:
            guards.check_first_update(figures["kl"], self.observer.floor_per_sequence, self.config.limits)
        guards.check(self.run.recent, self.observer.behaviour, self.config.limits)
        if figures["kl"] > self.config.limits.kl_warning and not self.run.warnings:
            self.run.warnings.append(
                f"KL passed {self.config.limits.kl_warning} nats at update {self.run.updates}"
            )
        self.reporter.metrics(self.run.updates, figures)
        self.reporter.progress(self.run.updates, method.updates, "PPO updates")
        self.reporter.check()


def _finish(config: PpoConfig, state: SegmentState, folder: Any, observer: Observer) -> dict[str, Any]:
    """Export the last segment's policy, its generation config stopping at eos; return the figures."""
    policy, tokenizer = load_policy(folder / "policy", dtype=config.method.dtype)
    lineage = {"stage": "ppo", "run": state.fingerprint, "updates": state.updates, "seed": config.method.seed}
    manifest: Manifest = save_folder(
        policy, tokenizer, config.out_dir / "model", kind="policy", lineage=lineage
    )
    last = {name: sum(row[name] for row in state.recent) / len(state.recent) for name in state.recent[-1]}
    return {
        "model_dir": str(config.out_dir / "model"),
        "digest": manifest.digest,
        "kind": "policy",
        "updates": state.updates,
        "updates_planned": config.method.updates,
        "segments": state.index + 1,
        "kl": last["kl"],
        "proxy_reward": last["reward"],
        "samples_per_s": last["samples_per_s"],
        "last_updates": last,
        "reference": vars(observer.behaviour),
        "floor_per_token": observer.floor_per_token,
        "limits": vars(config.limits) | {"source": guards.SOURCE},
        "warnings": state.warnings,
        "versions": environment.versions(),
    }
