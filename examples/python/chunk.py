"""Cut a Markdown document into chunks that know their heading and their place."""

import sting

text = """# Handbook

Welcome to the team.

## Leave

Ask your lead two weeks ahead. Sick leave needs no notice.

## Travel

Book through the portal. Keep every receipt: without one, nothing is paid back.
"""

chunker = sting.Chunker("markdown", max_size=80)
for chunk in chunker.chunk(text):
    assert text[chunk.start : chunk.end] == chunk.text
    print(f"{chunk.start:4}-{chunk.end:<4} {' > '.join(chunk.heading):18} {chunk.text.strip()!r}")
