"""File formats of other tools, read and written. Pure: no Django, no database, no input or output but streams."""
