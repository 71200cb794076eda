use super::Dice;

/// Where a made-up person lives: how names, numbers and accounts look there.
#[derive(Debug)]
pub(super) struct Locale {
    first: &'static [&'static str],
    last: &'static [&'static str],
    pub(super) cities: &'static [&'static str],
    /// Patterns within the ranges that the country's regulator keeps for fiction.
    pub(super) phones: &'static [&'static str],
    /// Country code, then the pattern of the rest: `#` a digit, `A` a capital.
    pub(super) iban: Option<(&'static str, &'static str)>,
}

/// The person that a text is about at the moment.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) locale: &'static Locale,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
}

impl Person {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let locale = &LOCALES[dice.below(LOCALES.len() as u64) as usize];
        Self { locale, first: dice.pick(locale.first), last: dice.pick(locale.last) }
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// A mail address of this person at a reserved domain.
    pub(super) fn email(&self, dice: &mut Dice) -> String {
        let (first, last) = (ascii(self.first), ascii(self.last));
        let domain = dice.pick(DOMAINS);
        match dice.below(4) {
            0 => format!("{first}@{domain}"),
            1 => format!("{}{last}@{domain}", &first[..1]),
            2 => format!("{first}_{last}{}@{domain}", dice.between(1, 99)),
            _ => format!("{first}.{last}@{domain}"),
        }
    }
}

/// RFC 2606 and RFC 6761 keep these for examples.
const DOMAINS: &[&str] = &[
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "larkhaven.example",
    "northwind-farms.example",
    "harbour-clinic.example",
];

const LOCALES: &[Locale] = &[
    Locale {
        first: &["Margaret", "Desmond", "Wanda", "Isaiah", "Carla", "Wendell", "Priscilla", "Noah"],
        last: &["Haskins", "Okafor", "Pruitt", "Delacroix", "Whitfield", "Ramirez", "Nakai", "Boone"],
        cities: &["Chicago", "Duluth", "Sacramento", "Baton Rouge"],
        phones: &["(###) 555-01##", "###-555-01##", "+1 ### 555 01##", "###.555.01##"],
        iban: None,
    },
    Locale {
        first: &["Catriona", "Callum", "Naledi", "Oliver", "Imogen", "Rhys"],
        last: &["MacLeod", "Drummond", "Mokoena", "Ashworth", "Penhaligon", "Griffiths"],
        cities: &["Leeds", "Inverness", "Truro", "Swansea"],
        phones: &["020 7946 0###", "+44 20 7946 0###", "01632 960###", "+44 7700 900###"],
        iban: Some(("GB", "WEST##############")),
    },
    Locale {
        first: &["Jürgen", "Henrike", "Käthe", "Jörg", "Annegret", "Matthias"],
        last: &["Großkreutz", "Vogt", "Öttl", "Schäfer", "Lüdenscheidt", "Brinkmann"],
        cities: &["Göttingen", "Füssen", "Bremen", "Jena"],
        phones: &["030 23125 ###", "+49 30 23125 ###", "0221 4710 ###"],
        iban: Some(("DE", "##################")),
    },
    Locale {
        first: &["Clémence", "Élodie", "Hugo", "Maëlys", "Étienne", "Noémie"],
        last: &["Aubertin", "Marchetti", "Lefèvre", "Gauthier", "Bellanger"],
        cities: &["Lyon", "Besançon", "Nîmes", "Quimper"],
        phones: &["01 99 00 ## ##", "+33 1 99 00 ## ##", "06 39 98 ## ##"],
        iban: Some(("FR", "20041010050500013M026##")),
    },
    Locale {
        first: &["Björn", "Birgitta", "Lena", "Åsa", "Göran"],
        last: &["Åkesson", "Forsberg", "Söderqvist", "Niia", "Lindqvist"],
        cities: &["Göteborg", "Kiruna", "Växjö"],
        phones: &["031-390 06 ##", "+46 31 390 06 ##", "08-465 004 ##"],
        iban: Some(("SE", "####################")),
    },
    Locale {
        first: &["Inmaculada", "Íñigo", "Marisol", "Ximena", "Thaís", "Otávio"],
        last: &["Ferrer", "Etcheverry", "Larraín", "Albuquerque", "Brandão", "Ibáñez"],
        cities: &["Valencia", "São Paulo", "Córdoba", "Porto"],
        phones: &["+1 786 555 01##", "(305) 555-01##"],
        iban: Some(("ES", "####################")),
    },
    Locale {
        first: &["Yuki", "Haruto", "Ishita", "Tomasz", "Joonas", "Nguyệt"],
        last: &["Tanabe", "Nishimura", "Banerjee", "Wieczorek", "Virtanen", "Trần"],
        cities: &["Osaka", "Kolkata", "Kraków", "Tampere"],
        phones: &["+44 28 9649 6###", "+1 646-555-01##"],
        iban: Some(("NL", "ABNA##########")),
    },
];

/// The name as a mail system would write it.
fn ascii(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' => out.push(c),
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'à'..='å' | 'ầ' => out.push('a'),
            'ç' => out.push('c'),
            'è'..='ë' | 'ệ' => out.push('e'),
            'ì'..='ï' => out.push('i'),
            'ñ' => out.push('n'),
            'ò'..='õ' => out.push('o'),
            'ù'..='û' => out.push('u'),
            _ => {}
        }
    }
    out
}
