//! Sentences made of templates: `{person}` and its like are filled from the lists and labelled, the rest
//! (`{date}`, `{phone}`) is filled and not labelled.

use std::fs;
use std::path::Path;

use crate::lists::{Lists, Locale};
use crate::{Dice, KINDS, Sample};

/// The sentences of one language.
#[derive(Debug)]
pub(super) struct Section {
    locales: Vec<String>,
    /// Names of these are drawn as well, now and then.
    guests: Vec<String>,
    /// Script of the names of cities in GeoNames.
    script: String,
    weight: usize,
    pub(super) lines: Vec<String>,
}

/// Reads all files `*.tpl`. A line `@ locales=.. script=.. weight=.. guests=..` begins a section.
pub(super) fn read(folder: &Path) -> Result<Vec<Section>, Box<dyn std::error::Error>> {
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "tpl"));
    paths.sort();
    let mut sections: Vec<Section> = Vec::new();
    for path in paths {
        for line in fs::read_to_string(&path)?.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(header) = line.strip_prefix("@ ") {
                let value = |key: &str| {
                    header
                        .split_whitespace()
                        .find_map(|part| part.strip_prefix(key))
                        .unwrap_or_default()
                        .to_owned()
                };
                let names =
                    |text: String| text.split(',').filter(|n| !n.is_empty()).map(str::to_owned).collect();
                sections.push(Section {
                    locales: names(value("locales=")),
                    guests: names(value("guests=")),
                    script: value("script="),
                    weight: value("weight=").parse().unwrap_or(1),
                    lines: Vec::new(),
                });
            } else if let Some(section) = sections.last_mut() {
                section.lines.push(line.replace("\\n", "\n"));
            }
        }
    }
    Ok(sections)
}

/// True if a person's name can be made of the lists of one of the section's own locales.
fn has_names(section: &Section, lists: &Lists, held_out: bool) -> bool {
    let has = |name: &String, kind| !lists.locales[name].get(kind, held_out).is_empty();
    section.locales.iter().any(|name| has(name, "first") && has(name, "last"))
}

/// Makes sentences of the templates that are trained on, or of those that are held out.
pub(super) fn make(
    sections: &[Section],
    lists: &Lists,
    count: usize,
    held_out: bool,
    dice: &mut Dice,
) -> Vec<Sample> {
    let mut turns = Vec::new();
    for (index, section) in sections.iter().enumerate() {
        assert!(has_names(section, lists, held_out), "no names for {:?}", section.locales);
        turns.extend(std::iter::repeat_n(index, section.weight));
    }
    let mut samples = Vec::with_capacity(count);
    while samples.len() < count {
        let section = &sections[*dice.pick(&turns)];
        let line = dice.below(section.lines.len());
        // One template in eight is held out.
        if (line % 8 == 5) != held_out {
            continue;
        }
        let mut maker = Maker { section, lists, held_out, dice, sample: Sample::default() };
        maker.fill(&section.lines[line]);
        let mut sample = maker.sample;
        // Two sentences now and then, as in a text.
        if !held_out && dice.chance(20) && samples.last().is_some_and(|s: &Sample| s.text.len() < 300) {
            let Some(mut first) = samples.pop() else { continue };
            first.text.push(*dice.pick(&[' ', '\n']));
            let shift = first.text.len();
            first.text.push_str(&sample.text);
            first.spans.extend(sample.spans.iter().map(|(s, e, k)| (s + shift, e + shift, *k)));
            sample = first;
        }
        if dice.chance(5) && sample.text.is_ascii() {
            sample.text = if dice.chance(50) {
                sample.text.to_ascii_uppercase()
            } else {
                sample.text.to_ascii_lowercase()
            };
        }
        samples.push(sample);
    }
    samples
}

struct Maker<'a> {
    section: &'a Section,
    lists: &'a Lists,
    held_out: bool,
    dice: &'a mut Dice,
    sample: Sample,
}

impl<'a> Maker<'a> {
    fn fill(&mut self, template: &str) {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            self.sample.text.push_str(before);
            match after.split_once('}') {
                Some((slot, after)) if slot.bytes().all(|b| b.is_ascii_lowercase()) => {
                    self.slot(slot);
                    rest = after;
                }
                // A brace of the text itself.
                _ => {
                    self.sample.text.push('{');
                    rest = after;
                }
            }
        }
        self.sample.text.push_str(rest);
    }

    fn slot(&mut self, slot: &str) {
        let (kind, value) = match slot {
            "person" => ("person", self.person()),
            "first" => ("person", self.entry("first")),
            "last" => ("person", self.entry("last")),
            "city" => ("location", self.city()),
            "country" => ("location", self.special("geonames", "country")),
            "region" => ("location", self.special("geonames", "region")),
            "place" => {
                let value =
                    if self.dice.chance(60) { self.city() } else { self.special("geonames", "country") };
                ("location", value)
            }
            "org" => ("organization", self.organization()),
            "address" => ("address", self.address()),
            "street" => ("address", self.street()),
            "corner" => ("address", self.corner()),
            _ => ("", self.filler(slot)),
        };
        // Places are shouted, and headings are.
        let shouts = matches!(slot, "city" | "place" | "country" | "person" | "last") && self.dice.chance(5);
        let value = if shouts { value.to_uppercase() } else { value };
        let start = self.sample.text.len();
        self.sample.text.push_str(&value);
        if let Some(kind) = KINDS.iter().position(|name| *name == kind)
            && !value.is_empty()
        {
            self.sample.spans.push((start, start + value.len(), kind));
        }
    }

    /// A locale of the section, or of its guests.
    fn locale(&mut self) -> (&'a str, &'a Locale) {
        let (section, lists) = (self.section, self.lists);
        let guest = !section.guests.is_empty() && self.dice.chance(40);
        let names = if guest { &section.guests } else { &section.locales };
        let name = self.dice.pick(names);
        (name, &lists.locales[name])
    }

    /// An entry of a list of the section's locales.
    fn entry(&mut self, kind: &str) -> String {
        for _ in 0..20 {
            let all = self.locale().1.get(kind, self.held_out);
            if !all.is_empty() {
                return self.dice.pick(all).clone();
            }
        }
        String::new()
    }

    fn special(&mut self, list: &str, kind: &str) -> String {
        let all = self.lists.locales[list].get(kind, self.held_out);
        if all.is_empty() { String::new() } else { self.dice.pick(all).clone() }
    }

    fn person(&mut self) -> String {
        let (name, firsts, lasts) = loop {
            let (name, locale) = self.locale();
            let (firsts, lasts) = (locale.get("first", self.held_out), locale.get("last", self.held_out));
            if !firsts.is_empty() && !lasts.is_empty() {
                break (name, firsts, lasts);
            }
        };
        let (first, last) = (self.dice.pick(firsts).clone(), self.dice.pick(lasts).clone());
        match &name[..2] {
            "zh" | "ko" => return format!("{last}{first}"),
            "ja" => {
                return if self.dice.chance(50) {
                    format!("{last} {first}")
                } else {
                    format!("{last}{first}")
                };
            }
            "hu" if !self.section.locales.contains(&"en_US".to_owned()) => return format!("{last} {first}"),
            "vi" => {
                let middle = self.dice.pick(lasts).clone();
                return if self.dice.chance(50) {
                    format!("{last} {middle} {first}")
                } else {
                    format!("{last} {first}")
                };
            }
            _ => {}
        }
        let initial: String = self.dice.pick(firsts).chars().take(1).collect();
        let cased = initial.chars().all(char::is_uppercase);
        match self.dice.below(100) {
            0..=9 => first,
            10..=17 if cased => format!("{first} {initial}. {last}"),
            18..=21 if cased => format!("{first} {initial} {last}"),
            22..=25 => format!("{first} {} {last}", self.dice.pick(firsts)),
            26..=29 => format!("{first} {last}-{}", self.dice.pick(lasts)),
            30..=35 => format!("{first} {last} {}", self.dice.pick(lasts)),
            36..=38 if cased => format!("{}. {last}", first.chars().take(1).collect::<String>()),
            39 => format!("{last}, {first}"),
            40 | 41 => format!("{first} {last}").to_uppercase(),
            42 if cased => format!("{} {}", first.to_lowercase(), last.to_lowercase()),
            43..=46 if cased => {
                let particle = *self.dice.pick(&[
                    "de", "van", "von", "da", "di", "el", "al-", "van der", "de la", "bin", "Mc", "O'", "D'",
                ]);
                let space = if particle.ends_with(['-', 'c', '\'']) { "" } else { " " };
                format!("{first} {particle}{space}{last}")
            }
            _ => format!("{first} {last}"),
        }
    }

    fn city(&mut self) -> String {
        let script = self.section.script.clone();
        if script == "latin" {
            if self.dice.chance(60) {
                let cities = &self.lists.locales["geonames"].get("city", self.held_out);
                // Half of them from the largest.
                let limit = if self.dice.chance(50) { cities.len().min(1500) } else { cities.len() };
                return cities[self.dice.below(limit)].clone();
            }
            let city = self.entry("city");
            if !city.is_empty() {
                return city;
            }
        }
        let kind = if script == "latin" { "city".into() } else { format!("city:{script}") };
        let city = self.special("geonames", &kind);
        if city.is_empty() { self.entry("city") } else { city }
    }

    fn organization(&mut self) -> String {
        match self.dice.below(100) {
            0..=44 if self.section.script == "latin" => self.special("known", "org"),
            45..=52 if self.section.script == "latin" => {
                let city = self.city();
                let form = *self.dice.pick(&[
                    "University of {}",
                    "{} University",
                    "{} City Council",
                    "{} General Hospital",
                    "Bank of {}",
                    "{} Airport Authority",
                    "{} Police Department",
                    "{} High School",
                    "{} Chamber of Commerce",
                    "{} Medical Center",
                    "{} Institute of Technology",
                    "{} United",
                    "FC {}",
                    "{} Daily News",
                    "{} Public Library",
                    "{} Credit Union",
                ]);
                form.replace("{}", &city)
            }
            53..=60 if self.section.script == "latin" => {
                let name = self.entry("last");
                let form = *self.dice.pick(&[
                    "{} Logistics",
                    "{} Consulting",
                    "{} & Sons",
                    "{} Industries",
                    "{} Group",
                    "{} Holdings",
                    "{} Foods",
                    "{} Motors",
                    "{} Pharma",
                    "{} Bank",
                    "{} Insurance",
                    "{} Law Firm",
                    "{} Partners LLP",
                    "{} Capital",
                    "{} Foundation",
                    "{} Records",
                    "{} Technologies",
                    "{} Media",
                    "{} Labs",
                    "The {} Company",
                    "{} Bakery",
                    "{} Dental Clinic",
                    "{} Hotel",
                    "{} Ltd",
                ]);
                form.replace("{}", &name)
            }
            _ => {
                let name = self.entry("org");
                if name.is_empty() { self.special("known", "org") } else { name }
            }
        }
    }

    fn street(&mut self) -> String {
        let street = self.entry("street");
        let number = self.dice.below(400) + 1;
        match self.dice.below(4) {
            0 => format!("{street} {number}"),
            1 => format!("{number} {street}"),
            2 => format!("{number}, {street}"),
            _ => {
                let address = self.entry("address");
                address.split('\n').next().unwrap_or_default().to_owned()
            }
        }
    }

    /// Where two streets meet.
    fn corner(&mut self) -> String {
        let (one, other) = (self.street(), self.street());
        match self.dice.below(4) {
            0 => format!("the corner of {one} and {other}"),
            1 => format!("{one} and {other}"),
            2 => format!("{one} & {other}"),
            _ => format!("the corner of {one} and {}", self.entry("street")),
        }
    }

    fn address(&mut self) -> String {
        let joint = *self.dice.pick(&[
            "\n", "\n", ", ", ", ", ", ", ", ", " ", ",\n", "\n ", "\n    ", "\n  ", "\n\n", "\n> ", " - ",
        ]);
        let mut address = if self.dice.chance(70) {
            self.entry("address").replace('\n', joint)
        } else {
            let mut address = self.street();
            if self.dice.chance(25) {
                let unit = *self.dice.pick(&[
                    "Apt. {}", "Apt {}", "Suite {}", "Unit {}", "Flat {}", "#{}", "Floor {}", "Box {}",
                    "Room {}",
                ]);
                address += ", ";
                address += &unit.replace("{}", &self.dice.below(900).to_string());
            }
            let code = self.post_code();
            let city = self.city();
            // A number of the house besides that of the street.
            if self.dice.chance(12) {
                address = format!("{} {address}", self.dice.below(9000) + 1);
            }
            address += joint;
            match self.dice.below(6) {
                4 => address += &format!("{city}{joint}{code}"),
                5 => {
                    let country = self.special("geonames", "country");
                    address += &format!("{city}{joint}{country} {code}");
                }
                0 => address += &format!("{code} {city}"),
                1 => address += &format!("{city}, {} {code}", self.special("geonames", "region")),
                2 => address += &format!("{city} {code}"),
                _ => {
                    let state = self.letters(2);
                    address += &format!("{city}, {state} {code}");
                }
            }
            address
        };
        if self.section.script == "latin" && self.dice.chance(22) {
            address += if self.dice.chance(60) { joint } else { ", " };
            address += &self.special("geonames", "country");
        }
        address.replace(",,", ",")
    }

    fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'A' + self.dice.below(26) as u8)).collect()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.dice.below(10) as u8)).collect()
    }

    fn post_code(&mut self) -> String {
        match self.dice.below(6) {
            0 => self.digits(4),
            1 => format!("{}-{}", self.digits(5), self.digits(4)),
            2 => format!("{}{} {}{}", self.letters(2), self.digits(1), self.digits(1), self.letters(2)),
            3 => format!("{} {}", self.digits(3), self.digits(2)),
            _ => self.digits(5),
        }
    }

    fn filler(&mut self, slot: &str) -> String {
        let months = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let (d, m, y) = (self.dice.below(28) + 1, self.dice.below(12), self.dice.below(60) + 1965);
        match slot {
            "date" => match self.dice.below(6) {
                0 => format!("{} {d}, {y}", months[m]),
                1 => format!("{d} {} {y}", months[m]),
                2 => format!("{y}-{:02}-{d:02}", m + 1),
                3 => format!("{:02}/{d:02}/{y}", m + 1),
                4 => format!("{d}.{}.{y}", m + 1),
                _ => format!("{} {d}", months[m]),
            },
            "month" => months[m].into(),
            // Words that begin a sentence without being a part of the name behind them, though some are names too.
            "verb" => (*self.dice.pick(&[
                "Page",
                "Call",
                "Phone",
                "Ring",
                "Ask",
                "Tell",
                "Email",
                "Mail",
                "Text",
                "Message",
                "Ping",
                "Notify",
                "Thank",
                "Meet",
                "Invite",
                "Follow",
                "Contact",
                "Bill",
                "Charge",
                "Refund",
                "Pay",
                "Mark",
                "Grant",
                "Remind",
                "Chase",
                "Help",
                "Assign",
                "Add",
                "Remove",
                "Let",
                "Have",
                "Give",
                "Show",
                "Hire",
                "See",
                "Visit",
                "Join",
                "Watch",
                "Book",
                "Brief",
                "Copy",
                "Wake",
                "Update",
                "Check",
                "Will",
                "Did",
                "Can",
                "Does",
                "When",
                "Only",
                "Then",
                "Yesterday",
                "Tomorrow",
                "Today",
                "Dear",
                "Poor",
                "Maybe",
                "Sorry",
                "Search",
                "Find",
                "Play",
                "Trust",
                "Drop",
                "Press",
                "Sue",
                "Rob",
                "Pat",
                "Skip",
                "Face",
                "Warn",
            ]))
            .into(),
            "day" => (*self.dice.pick(&days)).into(),
            "time" => format!("{}:{:02}", self.dice.below(24), self.dice.below(60)),
            "year" => y.to_string(),
            "num" => {
                let n = self.dice.below(4) + 1;
                self.digits(n)
            }
            "age" => (self.dice.below(80) + 16).to_string(),
            "money" => format!(
                "{}{}.{}",
                self.dice.pick(&["$", "€", "£", "USD ", "EUR "]),
                self.dice.below(9000) + 3,
                self.digits(2)
            ),
            "phone" => match self.dice.below(4) {
                0 => format!("({}) {}-{}", self.digits(3), self.digits(3), self.digits(4)),
                1 => format!(
                    "+{} {} {} {}",
                    self.dice.below(90) + 1,
                    self.digits(3),
                    self.digits(3),
                    self.digits(4)
                ),
                2 => format!("{}-{}-{}", self.digits(3), self.digits(3), self.digits(4)),
                _ => self.digits(10),
            },
            "email" => {
                let (first, last) = (self.entry("first"), self.entry("last"));
                let user: String =
                    format!("{first}.{last}").to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
                format!(
                    "{user}@{}",
                    self.dice.pick(&[
                        "example.com",
                        "mail.example",
                        "gmail.com",
                        "larkhaven.example",
                        "web.de"
                    ])
                )
            }
            "url" => format!(
                "https://www.{}.com/{}",
                self.dice.pick(&["example", "larkhaven", "shop-online", "AcmeStore"]),
                self.digits(4)
            ),
            "ip" => format!(
                "{}.{}.{}.{}",
                self.dice.below(255),
                self.dice.below(255),
                self.dice.below(255),
                self.dice.below(255)
            ),
            "card" => format!("{} {} {} {}", self.digits(4), self.digits(4), self.digits(4), self.digits(4)),
            "iban" => format!("{}{}", self.letters(2), self.digits(20)),
            "id" => format!("{}-{}", self.letters(3), self.digits(6)),
            "code" => self.digits(5),
            "title" => {
                (*self.dice.pick(&["Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Ms", "Miss", "Prof.", "Sir", "Dr"]))
                    .into()
            }
            other => panic!("no slot is named {other}"),
        }
    }
}
