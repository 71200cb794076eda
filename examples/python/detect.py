"""Run a Sigma rule over security events, and see why it fired."""

import json

import sting

RULE = """
title: Encoded PowerShell command
id: 4f1c3a52-5a0e-4c57-9b1e-0c7f6a1c2d10
level: high
logsource: {product: windows, category: process_creation}
detection:
    selection:
        Image|endswith: '\\powershell.exe'
        CommandLine|contains: ' -enc '
    condition: selection
"""
EVENTS = [
    {"Image": "C:\\Windows\\System32\\powershell.exe", "CommandLine": "powershell -enc SQBFAFgA"},
    {"Image": "C:\\Windows\\explorer.exe", "CommandLine": "explorer"},
]

rules = sting.Rules.parse({"rule.yml": RULE})
print(len(rules), "rule,", len(rules.errors), "errors")

lines = "\n".join(json.dumps(event) for event in EVENTS).encode()
for line, matches in rules.match_jsonl(lines):
    for match in matches:
        print(f"line {line}: {match.title} ({match.level}), because of {', '.join(sorted(one.field for one in match.fields))}")
