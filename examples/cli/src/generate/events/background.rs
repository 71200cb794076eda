//! What happens on an ordinary day, some of which looks worse than it is.

use super::super::Dice;
use super::DAY;
use super::shape::{
    PEOPLE, cloud, dns, inside, linux_file, linux_process, login, outside, person, proxy, web,
    windows_connection, windows_file, windows_process,
};
use serde_json::{Value, json};

/// How much happens in each hour of a working day, and of a day off.
const HOURS: [u64; 24] = [2, 2, 2, 2, 2, 2, 4, 9, 16, 20, 20, 18, 14, 17, 20, 19, 16, 11, 6, 4, 3, 3, 2, 2];

/// Of a hundred events, so many look worse than they are.
const NEAR_MISSES: u64 = 6;

const SYSTEM: &str = r"C:\Windows\System32\";
const EXPLORER: &str = r"C:\Windows\explorer.exe";
const BROWSER: &str = r"C:\Program Files\Mozilla Firefox\firefox.exe";

/// A moment of the stream at which something happens.
pub(super) fn moment(days: u64, dice: &mut Dice) -> u64 {
    let mut day = dice.below(days);
    // On the days off there is a fifth of the work.
    if day % 7 >= 5 && !dice.chance(20) {
        day = dice.below(days);
    }
    let mut left = dice.below(HOURS.iter().sum());
    let mut hour = 0;
    while left >= HOURS[hour] {
        left -= HOURS[hour];
        hour += 1;
    }
    day * DAY + hour as u64 * 3600 + dice.below(3600)
}

/// Something harmless.
pub(super) fn event(at: u64, dice: &mut Dice) -> Value {
    if dice.chance(NEAR_MISSES) { near_miss(at, dice) } else { ordinary(at, dice) }
}

fn anyone(dice: &mut Dice) -> &'static str {
    PEOPLE[dice.below(PEOPLE.len() as u64) as usize].0
}

fn ordinary(at: u64, dice: &mut Dice) -> Value {
    let who = anyone(dice);
    match dice.below(100) {
        0..30 => {
            let (image, command) = [
                (
                    r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
                    r#""WINWORD.EXE" /n "C:\Users\Public\Documents\minutes.docx""#,
                ),
                (r"C:\Program Files\Mozilla Firefox\firefox.exe", r#""firefox.exe" -contentproc"#),
                (r"C:\Windows\System32\cmd.exe", "cmd.exe /c dir /s reports"),
                (
                    r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
                    r"powershell.exe -NoProfile -File C:\Tools\inventory.ps1",
                ),
                (r"C:\Windows\System32\svchost.exe", "svchost.exe -k netsvcs -p"),
                (r"C:\Windows\System32\rundll32.exe", "rundll32.exe shell32.dll,Control_RunDLL timedate.cpl"),
                (
                    r"C:\Windows\System32\conhost.exe",
                    r"\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1",
                ),
                (r"C:\Program Files\7-Zip\7z.exe", "7z.exe a archive.7z quarterly"),
            ][dice.below(8) as usize];
            windows_process(at, who, EXPLORER, image, command, dice)
        }
        30..42 => {
            let name = dice.pick(&[
                "minutes.docx",
                "budget-2026.xlsx",
                "offer.pdf",
                "photo.jpg",
                "setup.msi",
                "notes.txt",
            ]);
            windows_file(at, who, BROWSER, &format!(r"C:\Users\{who}\Downloads\{name}"), dice)
        }
        42..52 => {
            let to = if dice.chance(60) { outside(dice) } else { inside(dice) };
            windows_connection(at, who, BROWSER, &to, 443, dice)
        }
        52..60 => {
            let name = dice.pick(&[
                "www.example.com",
                "mail.larkhaven.example",
                "cdn.example.net",
                "updates.example.org",
                "wiki.larkhaven.example",
            ]);
            dns(at, who, BROWSER, name)
        }
        60..72 => {
            let from = if dice.chance(80) { inside(dice) } else { outside(dice) };
            match dice.below(10) {
                0 => login(at, who, "login_failed", "wrong_password", &from),
                1..4 => login(at, who, "logout", "by_user", &from),
                // From outside the administrators work by day only.
                _ if from.starts_with("10.") || !is_night(at) => {
                    login(at, who, "login_success", "password_and_token", &from)
                }
                _ => login(at, person("user", dice), "login_success", "password_and_token", &from),
            }
        }
        72..80 => {
            let (image, command) = [
                ("/usr/bin/curl", "curl -sf http://127.0.0.1:8080/health"),
                ("/usr/bin/rsync", "rsync -a /srv/shop/ backup-01:/srv/shop/"),
                ("/usr/bin/python3", "python3 /opt/jobs/invoice.py --month 2026-02"),
                ("/usr/sbin/logrotate", "/usr/sbin/logrotate /etc/logrotate.conf"),
                ("/usr/bin/sh", "sh -c test -x /usr/sbin/anacron"),
            ][dice.below(5) as usize];
            linux_process(at, dice.pick(&["shop-web-01", "db-01", "build-02"]), "svc", image, command, dice)
        }
        80..83 => linux_file(at, "shop-web-01", "svc", "/usr/bin/python3", "/srv/shop/cache/index.json"),
        83..93 => {
            let path = dice.pick(&["/", "/search", "/products/beekeeping", "/cart", "/static/app.js"]);
            let query = dice.pick(&["", "q=honey+jar", "page=2&sort=price", "id=4711", "lang=de"]);
            let status = if dice.chance(94) { 200 } else { 404 };
            web(at, &outside(dice), path, query, status, dice)
        }
        93..97 => {
            let host = dice.pick(&["www.example.com", "news.example.net", "files.larkhaven.example"]);
            let sent = dice.between(300, 40_000);
            proxy(at, who, dice.pick(&["GET", "GET", "POST"]), host, sent, dice)
        }
        _ => {
            let call = [
                ("s3.amazonaws.com", "ListBuckets"),
                ("ec2.amazonaws.com", "DescribeInstances"),
                ("sts.amazonaws.com", "GetCallerIdentity"),
            ][dice.below(3) as usize];
            cloud(at, person("admin", dice), &inside(dice), call, &Value::Null, None)
        }
    }
}

fn is_night(at: u64) -> bool {
    !(5..22).contains(&(at % DAY / 3600))
}

/// One step away from what a rule looks for.
fn near_miss(at: u64, dice: &mut Dice) -> Value {
    let (user, admin) = (person("user", dice), person("admin", dice));
    let tool = |name: &str| format!("{SYSTEM}{name}");
    // Backups run at night.
    let kind = if is_night(at) && dice.chance(40) { 19 } else { dice.below(20) };
    match kind {
        0 => {
            let script = format!("powershell.exe -NonInteractive -EncodedCommand {}", base64_like(48, dice));
            windows_process(at, user, r"C:\Windows\CCM\CcmExec.exe", &powershell(), &script, dice)
        }
        1 => windows_process(
            at,
            admin,
            EXPLORER,
            &powershell(),
            "powershell.exe -Encoding utf8 -File C:\\Tools\\report.ps1",
            dice,
        ),
        2 => windows_process(
            at,
            user,
            r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
            r"C:\Windows\splwow64.exe",
            "splwow64.exe 8192",
            dice,
        ),
        3 => windows_process(at, admin, EXPLORER, &tool("vssadmin.exe"), "vssadmin.exe list shadows", dice),
        4 => windows_process(
            at,
            admin,
            EXPLORER,
            &tool("schtasks.exe"),
            r#"schtasks /create /tn Inventory /tr "C:\Program Files\Inventory\run.exe" /sc daily"#,
            dice,
        ),
        5 => windows_process(
            at,
            user,
            EXPLORER,
            &tool("schtasks.exe"),
            &format!(
                r"schtasks /create /tn LarkhavenUpdate /tr C:\Users\{user}\AppData\Roaming\Larkhaven\updater.exe /sc onlogon"
            ),
            dice,
        ),
        6 => windows_process(
            at,
            admin,
            EXPLORER,
            &tool("rundll32.exe"),
            "rundll32.exe C:\\Windows\\System32\\comsvcs.dll,CoCreateActivity",
            dice,
        ),
        7 => windows_file(at, user, BROWSER, &format!(r"C:\Users\{user}\Downloads\invoice.pdf.txt"), dice),
        8 => windows_file(at, admin, EXPLORER, r"C:\Tools\setup.exe.config", dice),
        9 => windows_connection(at, user, &tool("rundll32.exe"), &inside(dice), 445, dice),
        10 => login(at, "t.formerly", "login_failed", "account_disabled", &inside(dice)),
        11 => login(at, admin, "login_success", "password_and_token", &inside(dice)),
        12 => login(at, user, "login_success", "password_and_token", &outside(dice)),
        13 => linux_process(
            at,
            "build-02",
            "svc",
            "/usr/bin/bash",
            "bash -c curl -fsSL https://packages.larkhaven.example/agent.sh | sh",
            dice,
        ),
        14 => linux_process(
            at,
            "build-02",
            "svc",
            "/usr/bin/bash",
            "bash -c curl -s http://127.0.0.1:9200/_cat/indices | sort",
            dice,
        ),
        15 => {
            linux_file(at, "db-01", "a.larsen", "/usr/bin/ssh-copy-id", "/home/a.larsen/.ssh/authorized_keys")
        }
        16 => match dice.below(2) {
            0 => web(at, &outside(dice), "/search", "q=1%27+UNION+SELECT+password+FROM+users--", 403, dice),
            _ => web(at, &outside(dice), "/search", "q=credit+union&fields=select-all", 200, dice),
        },
        17 => match dice.below(3) {
            0 => cloud(
                at,
                user,
                &inside(dice),
                ("cloudtrail.amazonaws.com", "StopLogging"),
                &json!({"name": "main"}),
                Some("AccessDenied"),
            ),
            1 => cloud(
                at,
                user,
                &inside(dice),
                ("s3.amazonaws.com", "PutBucketPolicy"),
                &bucket_policy("*"),
                Some("AccessDenied"),
            ),
            _ => cloud(
                at,
                admin,
                &inside(dice),
                ("s3.amazonaws.com", "PutBucketPolicy"),
                &bucket_policy("arn:aws:iam::123456789012:role/report"),
                None,
            ),
        },
        18 => dns(at, user, BROWSER, &format!("{}.telemetry.larkhaven.example", base32_like(52, dice))),
        _ => {
            let sent = dice.between(300_000_000, 4_000_000_000);
            // Backups go out at night, and big files to partners by day.
            let host = if is_night(at) { "backup.larkhaven.example" } else { "transfer.example.org" };
            proxy(at, "svc-backup", "PUT", host, sent, dice)
        }
    }
}

pub(super) fn powershell() -> String {
    format!(r"{SYSTEM}WindowsPowerShell\v1.0\powershell.exe")
}

/// What a script looks like in base64.
pub(super) fn base64_like(length: usize, dice: &mut Dice) -> String {
    dice.string(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
}

/// What data looks like in the label of a name.
pub(super) fn base32_like(length: usize, dice: &mut Dice) -> String {
    dice.string(b"abcdefghijklmnopqrstuvwxyz234567", length)
}

/// A policy that lets somebody read a bucket.
pub(super) fn bucket_policy(principal: &str) -> Value {
    json!({
        "bucketName": "larkhaven-exports",
        "bucketPolicy": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::larkhaven-exports/*"},
        ]},
    })
}
