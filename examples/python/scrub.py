"""Take private data out of a text, and see what was found."""

import sting

scrubber = sting.Scrubber(actions={"email": "hash", "credit_card": {"mask": {"keep_last": 4}}}, key=b"a key of your own, kept secret")
text = "Ana paid with 4111 1111 1111 1111; write to ana@example.com or call +1 212 555 0147."

for finding in scrubber.find(text):
    print(f"{finding.kind:12} {finding.start:3}-{finding.end:<3} {finding.score:.2f}  {finding.action}")
print(scrubber.scrub(text).text)
