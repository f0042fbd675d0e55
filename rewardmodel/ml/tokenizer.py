"""Training a byte-level BPE tokenizer on a corpus. Owns the special tokens; knows nothing of models."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from rewardmodel.ml.encode import SEPARATOR

PAD, EOS, UNKNOWN = "<|pad|>", "<|eos|>", "<|unk|>"


def train_tokenizer(texts: Sequence[str], vocab_size: int) -> PreTrainedTokenizerBase:
    """Return a tokenizer of at most `vocab_size` tokens, pad, eos and unknown among them.

    The alphabet is the bytes of the corpus: with all 256 a vocabulary of 384 has little room for words,
    and a small policy could sample bytes that are no text. A byte never seen becomes the unknown token.
    """
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, EOS, UNKNOWN],
        initial_alphabet=list(
            pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(SEPARATOR)[0][0]
        ),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        unk_token=UNKNOWN,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
