"""A small made-up corpus for the tests: questions about places, answers that differ in tone and detail."""

from __future__ import annotations

import random

PLACES = (
    "garden",
    "harbour",
    "library",
    "market",
    "museum",
    "station",
    "bridge",
    "bakery",
    "park",
    "theatre",
)
QUESTIONS = (
    "How is the {place} today?",
    "Is the {place} worth a visit?",
    "What should I know about the {place}?",
)
OPENERS = ("Good question.", "Thank you for asking.", "Happy to help.", "Well.", "Whatever.", "You again.")
WORDS = ("calm", "bright", "lovely", "ordinary", "plain", "dull", "dirty", "noisy")
DETAILS = ("It opens at nine.", "Bring a coat.", "There is a bench by the door.", "")
CLOSERS = ("Enjoy your visit!", "I hope that helps.", "That is all.", "Go away.", "")


def corpus(rows: int, seed: int = 0) -> list[dict[str, str]]:
    generator = random.Random(seed)
    return [{"prompt": prompt(generator), "completion": completion(generator)} for _ in range(rows)]


def prompts(rows: int, seed: int = 1) -> list[dict[str, str]]:
    generator = random.Random(seed)
    return [{"id": f"p{number}", "text": prompt(generator)} for number in range(rows)]


def prompt(generator: random.Random) -> str:
    return generator.choice(QUESTIONS).format(place=generator.choice(PLACES))


def completion(generator: random.Random) -> str:
    middle = f"The {generator.choice(PLACES)} is very {generator.choice(WORDS)}."
    parts = (generator.choice(OPENERS), middle, generator.choice(DETAILS), generator.choice(CLOSERS))
    return " ".join(part for part in parts if part)


def quality(text: str) -> float:
    """The hidden preference of the tests: polite and bright is good, rude is bad."""
    good = ("Good question", "Thank you", "Happy to help", "calm", "bright", "lovely", "Enjoy", "I hope")
    bad = ("Whatever", "You again", "dull", "dirty", "noisy", "Go away")
    return float(sum(word in text for word in good) - sum(word in text for word in bad))
