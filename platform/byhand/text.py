"""Makes characters visible that hide in a text. Pure: completions are hostile text, and people judge them.

Each hidden character becomes one fixed mark, whatever stands around it, so that two texts that differ
look different. Line feeds and tabs stay, since the page keeps white space. The browser has the same
rules in `frontend/src/text.ts`; one table of cases tests both.
"""

from __future__ import annotations

import re
import unicodedata

_CONTROLS = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI "
    "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
)
_NAMES = {
    **dict(enumerate(_CONTROLS.split())), 0x7F: "DEL",
    0x00AD: "SHY", 0x034F: "CGJ", 0x061C: "ALM", 0x180E: "MVS", 0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ",
    0x200E: "LRM", 0x200F: "RLM", 0x2028: "LS", 0x2029: "PS", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF",
    0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
    0xFEFF: "BOM",
}  # fmt: skip
# letters and marks that are drawn as nothing, though Unicode does not call them format characters
_BLANK = {
    0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0,
    *range(0x180B, 0x1810), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000),
}  # fmt: skip
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")


def _mark(character: str) -> str:
    code = ord(character)
    if character in "\n\t":
        return character
    hidden = unicodedata.category(character) in _HIDDEN or code in _BLANK
    return f"⟦{_NAMES.get(code) or f'U+{code:04X}'}⟧" if hidden else character


def visible(text: str) -> str:
    """Return `text` with control, zero-width, bidirectional and other unseen characters as marks."""
    return text if _PLAIN.fullmatch(text) else "".join(map(_mark, text))
