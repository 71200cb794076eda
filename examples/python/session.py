"""Ask a language model about private data without showing it any."""

from collections.abc import Iterator

import sting


def model(messages: list[dict[str, str]]) -> Iterator[str]:
    """Stands for a language model: it sees tokens only, and answers in pieces."""
    address = messages[-1]["content"].split()[-1]
    answer = f"I have written to {address} and put the receipt of card "
    answer += messages[-1]["content"].split("card ")[1].split(",")[0] + " on file."
    return (answer[i : i + 7] for i in range(0, len(answer), 7))


session = sting.Scrubber().session(b"a key of your own, kept secret")
messages = [
    {"role": "system", "content": "You help customers of Larkhaven."},
    {"role": "user", "content": "Charge card 4111 1111 1111 1111, and write to ana@larkhaven.example"},
]

protected = session.protect_messages(messages)
assert "4111" not in str(protected) and "ana@" not in str(protected)

stream = session.restore_stream()
for piece in model(protected):
    print(stream.push(piece), end="")
print(stream.finish())
print("left over:", session.leftovers("Dear [EMAIL_BCDFGHJKLMNPQR],"))
