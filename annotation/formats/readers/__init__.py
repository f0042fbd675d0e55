"""Reads foreign files row by row in bounded memory: prompts, candidate completions, and judgements of others.

Pure: knows no Django, no project and no database. `detection` says what a file looks like, `reading` opens it. A
container (`lines`, `arrays`, `tables`, `archives`) yields records; a shape (`prompts`, `preferences`, `hh`,
`label_studio`, `open_assistant`, `argilla`, `ballots`) makes rows of a record, or says why it can't.
"""
