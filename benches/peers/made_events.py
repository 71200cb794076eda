"""Made events of the kinds that no open recording covers: Linux processes, web requests, calls of a cloud.

Shapes are those of Sysmon for Linux, W3C extended logs and CloudTrail. The same seed gives the same bytes.
"""

import json
import random

COUNT = 1500


def address(pick) -> str:
    return ".".join(str(pick.randint(1, 254)) for _ in range(4))


def linux(pick, i: int) -> dict:
    programs = ["/usr/sbin/sshd", "/usr/lib/systemd/systemd", "/opt/app/bin/server", "/usr/sbin/nginx", "/usr/bin/pg_dump"]
    program, parent, user = pick.choice(programs), pick.choice(programs), f"u{i % 97}"
    return {
        "@timestamp": f"2024-05-01T{i % 24:02}:{i % 60:02}:00Z", "host.name": f"web{i % 40}", "User": user,
        "Image": program, "CommandLine": f"{program} --config /etc/app/{i}.conf --user {user} --data {pick.getrandbits(64):x}",
        "CurrentDirectory": f"/srv/{user}", "LogonId": i, "ProcessId": pick.randint(2, 60000),
        "ProcessGuid": f"{{{pick.getrandbits(128):032x}}}", "ParentImage": parent, "ParentProcessId": pick.randint(2, 60000),
        "ParentCommandLine": f"{parent} --run {i}", "Hashes": f"SHA256={pick.getrandbits(256):064x}",
        "message": f"process {program} started by {user} on web{i % 40} in session {i}",
    }


def web(pick, i: int) -> dict:
    stem = pick.choice(["/index.html", "/api/v1/items", "/static/app.js", "/images/logo.png", "/search", "/cart/checkout"])
    query = f"id={i}&q={pick.choice(['shoes', 'red+hat', 'laptop'])}&page={i % 9}&token={pick.getrandbits(96):x}"
    agent = pick.choice([
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    ])
    return {
        "@timestamp": f"2024-05-01T{i % 24:02}:{i % 60:02}:00Z", "c-ip": address(pick), "cs-method": pick.choice(["GET", "POST"]),
        "cs-uri": f"{stem}?{query}", "cs-uri-stem": stem, "cs-uri-query": query, "cs-host": f"shop{i % 5}.example.com",
        "cs-user-agent": agent, "cs-referer": f"https://shop{i % 5}.example.com/", "sc-status": pick.choice([200, 200, 304, 404]),
        "sc-bytes": pick.randint(100, 90000), "time-taken": pick.randint(1, 900), "cs-username": "-", "s-ip": address(pick),
        "s-port": 443, "cs-version": "HTTP/1.1", "cs-cookie": f"session={pick.getrandbits(160):x}; theme=dark",
    }


def cloud(pick, i: int) -> dict:
    service, call = pick.choice([("ec2", "DescribeInstances"), ("s3", "GetObject"), ("iam", "ListUsers"), ("kms", "Decrypt")])
    account = str(pick.randint(10**11, 10**12 - 1))
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole", "principalId": f"AROA{pick.getrandbits(64):016X}:s{i % 50}", "accountId": account,
            "arn": f"arn:aws:sts::{account}:assumed-role/app/s{i % 50}",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "app"}, "attributes": {"mfaAuthenticated": "false"}},
        },
        "eventTime": "2024-05-01T08:00:00Z", "eventSource": f"{service}.amazonaws.com", "eventName": call,
        "awsRegion": pick.choice(["eu-west-1", "us-east-1"]), "sourceIPAddress": address(pick),
        "userAgent": "aws-sdk-go-v2/1.26 os/linux lang/go#1.22", "responseElements": None,
        "requestParameters": {"bucketName": f"data-{i % 9}", "key": f"2024/05/{pick.getrandbits(64):x}.parquet", "maxResults": 50},
        "requestID": f"{pick.getrandbits(64):X}", "eventID": f"{pick.getrandbits(128):032x}", "readOnly": True,
        "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": account, "eventCategory": "Management",
    }


def writer(kind):
    """Writes events of a kind, one JSON object a line."""
    def make(path, _data, _runner):
        pick = random.Random(1)
        with path.open("w") as out:
            out.writelines(json.dumps(kind(pick, i), separators=(",", ":")) + "\n" for i in range(COUNT))
    return make
