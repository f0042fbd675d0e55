"""Writes items with their ballots in the formats of other tools. Pure and streaming: a task in, rows out.

A shape (`ballots`, `pairwise`, `label_studio`, `open_assistant`, `argilla`, `flat`) makes rows of a task; `files` and
`table` write them down.
"""
