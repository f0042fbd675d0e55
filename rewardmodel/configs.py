"""Reads the YAML config of a run and says everything that is wrong with it at once. Pure: text in, values out.

Every problem names its line and field and says what to write instead. Whether a named model or dataset exists is
not known here; the run service adds those problems to the same list.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from rewardmodel.config_fields import FIELDS, KINDS, Field

MAX_BYTES = 64 * 1024
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
_FLOAT = re.compile(r"^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$")


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is and what to do about it."""

    line: int
    field: str
    text: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.field}: {self.text}" if self.field else f"{place}{self.text}"


@dataclass
class Checked:
    """A config as read: values with every default filled in, the line of each field, and what is wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, name: str, text: str) -> None:
        """Add a problem at the line of `name`."""
        self.problems.append(Problem(self.lines.get(name, 0), name, text))

    def sound(self, name: str) -> bool:
        """Whether `name` holds a value that has no problem of its own."""
        return self._get(name) not in (None, "") and all(p.field != name for p in self.problems)

    def _get(self, name: str) -> Any:
        value: Any = self.values
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def report(self) -> list[str]:
        """Return every problem as one line of text, in the order of the file."""
        return [str(p) for p in sorted(self.problems, key=lambda p: (p.line or 10**9, p.field))]


def read_config(text: str, expected_kind: str | None = None) -> Checked:
    """Parse and check `text`. Never raises for bad content: `problems` lists all of it."""
    checked = Checked()
    root = _mapping_node(text, checked)
    if root is None:
        return checked
    raw = _plain(root, "", checked)
    kind = raw.get("kind")
    if kind not in KINDS:
        checked.refuse("kind", f"{kind!r} is not a kind of run; write one of {', '.join(KINDS)}.")
        return checked
    if expected_kind and kind != expected_kind:
        checked.refuse("kind", f"This is a config for {kind}, not for {expected_kind}.")
    checked.values = _section(raw, FIELDS[kind], "", checked)
    _together(checked)
    return checked


def _mapping_node(text: str, checked: Checked) -> yaml.MappingNode | None:
    """Compose the YAML tree; aliases are refused, since a few lines of them can grow without end."""
    if len(text.encode()) > MAX_BYTES:
        checked.refuse("", f"The config is over {MAX_BYTES // 1024} KiB.")
        return None
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            checked.refuse("", "Anchors and aliases (& and *) are not read; write the value out.")
            return None
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        checked.problems.append(Problem(line, "", f"Not YAML: {getattr(error, 'problem', None) or error}."))
        return None
    if not isinstance(node, yaml.MappingNode):
        checked.refuse("", "The config is empty or not a list of `field: value` lines.")
        return None
    return node


def _plain(node: yaml.MappingNode, prefix: str, checked: Checked) -> dict[str, Any]:
    """Turn a mapping node into plain values, noting each field's line and any repeated field."""
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        name = f"{prefix}{key_node.value}"
        if key_node.value in values:
            line = key_node.start_mark.line + 1
            checked.problems.append(
                Problem(line, name, f"Given twice; the first is on line {checked.lines[name]}.")
            )
            continue
        checked.lines[name] = key_node.start_mark.line + 1
        if isinstance(value_node, yaml.MappingNode):
            values[key_node.value] = _plain(value_node, f"{name}.", checked)
        else:
            values[key_node.value] = _scalar(value_node)
    return values


def _scalar(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, TypeError):
        return node.value
    finally:
        loader.dispose()


def _section(
    raw: Mapping[str, Any], spec: Mapping[str, Any], prefix: str, checked: Checked
) -> dict[str, Any]:
    """Check one level of fields: unknown ones, missing ones, then each value."""
    for key in raw:
        if key not in spec:
            near = difflib.get_close_matches(str(key), spec, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known fields: {', '.join(spec)}."
            checked.refuse(f"{prefix}{key}", f"Unknown field; {hint}")
    values: dict[str, Any] = {}
    for key, rule in spec.items():
        name = f"{prefix}{key}"
        if not isinstance(rule, Field):
            inner = raw.get(key, {})
            if not isinstance(inner, Mapping):
                checked.refuse(name, f"Write its fields below it: {', '.join(rule)}.")
                inner = {}
            values[key] = _section(inner, rule, f"{name}.", checked)
        elif key in raw:
            values[key] = _value(raw[key], rule, name, checked)
        elif rule.required:
            checked.refuse(name, f"Missing. {rule.hint}".strip())
        else:
            values[key] = rule.default
    return values


def _value(raw: Any, rule: Field, name: str, checked: Checked) -> Any:
    """Return the value in its type, or None after noting what is wrong with it."""
    value = _typed(raw, rule.type)
    wanted = {"int": "a whole number", "float": "a number", "text": "text", "bool": "true or false"}[
        rule.type
    ]
    if value is None:
        checked.refuse(name, f"{raw!r} is not {wanted}. {rule.hint}".strip())
    elif rule.choices and value not in rule.choices:
        checked.refuse(name, f"{value!r} is not one of {', '.join(rule.choices)}.")
    elif rule.low is not None and value < rule.low:
        checked.refuse(name, f"{value} is below {rule.low:g}. {rule.hint}".strip())
    elif rule.high is not None and value > rule.high:
        checked.refuse(name, f"{value} is above {rule.high:g}. {rule.hint}".strip())
    elif name == "name" and not _NAME.match(value):
        checked.refuse(name, f"{value!r} is no usable name: letters, digits, '.', '_' and '-', at most 100.")
    else:
        return value
    return None


def _typed(raw: Any, wanted: str) -> Any:
    """Convert without guessing: true is no number, 3.7 no whole one. YAML 1.1 reads 1e-5 as text; here it counts."""
    if wanted == "bool":
        return raw if isinstance(raw, bool) else None
    if wanted == "text":
        return raw if isinstance(raw, str) else None
    if isinstance(raw, str) and wanted == "float" and _FLOAT.match(raw):
        raw = float(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        return None
    if wanted == "int":
        return raw if isinstance(raw, int) else None
    return float(raw)


def _together(checked: Checked) -> None:
    """Check the fields that only make sense together."""
    values = checked.values
    if values.get("kind") == "ppo" and checked.sound("batch_size"):
        batch = values["batch_size"]
        for name in ("micro_batch_size", "mini_batches"):
            if checked.sound(name) and batch % values[name]:
                checked.refuse(
                    name,
                    f"{batch} episodes can't be divided by {values[name]}; write a divisor of batch_size.",
                )
        both = checked.sound("mini_batches") and checked.sound("micro_batch_size")
        if both and values["mini_batches"] > 1 and values["micro_batch_size"] != batch:
            text = "Has no effect while micro_batch_size is below batch_size; set one of them."
            checked.refuse("mini_batches", text)
    if values.get("kind") == "reward" and values.get("folds") == 1:
        checked.refuse("folds", "One fold leaves nothing to train on; write 0 for none, or at least 2.")
    if values.get("kind") == "sft" and checked.sound("model.hidden_size") and checked.sound("model.heads"):
        model = values["model"]
        if model["hidden_size"] % (2 * model["heads"]):
            checked.refuse(
                "model.heads", f"{model['hidden_size']} is no multiple of twice the heads ({model['heads']})."
            )
