// Run a Sigma rule over security events, and see why it fired.
import * as sting from "sting";

const rule = String.raw`
title: Encoded PowerShell command
id: 4f1c3a52-5a0e-4c57-9b1e-0c7f6a1c2d10
level: high
logsource: {product: windows, category: process_creation}
detection:
    selection:
        Image|endswith: '\powershell.exe'
        CommandLine|contains: ' -enc '
    condition: selection
`;
const events = [
  { Image: "C:\\Windows\\System32\\powershell.exe", CommandLine: "powershell -enc SQBFAFgA" },
  { Image: "C:\\Windows\\explorer.exe", CommandLine: "explorer" },
];

const rules = sting.Rules.parse({ "rule.yml": rule });
console.log(rules.length, "rule,", rules.errors.length, "errors");
for (const [i, event] of events.entries()) {
  for (const match of rules.matchSync(event)) {
    console.log(`event ${i}: ${match.title} (${match.level}), because of ${match.fields.map((one) => one.field).sort().join(", ")}`);
  }
}
