"""The example programs run and print what they promise."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "python"
PROMISES = {
    "scrub": ["email", "credit_card", "1111"],
    "session": ["written to ana@larkhaven.example and put the receipt of card 4111 1111 1111 1111 on file", "unknown"],
    "chunk": ["Handbook > Leave", "Handbook > Travel"],
    "embed": ["float32 True", "closest to the first: resetting a forgotten password"],
    "search": ["n1 The vault key is rotated every quarter.", "intact: True"],
    "detect": ["1 rule, 0 errors", "line 1: Encoded PowerShell command (high), because of CommandLine, Image"],
}


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_example(name: str) -> None:
    done = subprocess.run([sys.executable, str(EXAMPLES / f"{name}.py")], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    for promise in PROMISES[name]:
        assert promise in done.stdout
    assert "ana@example.com" not in done.stdout
