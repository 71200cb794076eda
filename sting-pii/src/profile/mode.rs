use crate::Error;
use crate::catalog::Detector;
use crate::detect::context::for_words;
use std::str::FromStr;

/// What texts are about. What is usual in such texts is found on weaker evidence: its odds are those of a kind that was
/// asked for by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// Nothing in particular.
    #[default]
    General,
    /// Patients and their treatment.
    Medical,
    /// Cases and contracts.
    Legal,
    /// Accounts and payments.
    Financial,
    /// Pupils and students.
    Educational,
}

/// Fewest points with which a text is taken to be about something.
const THRESHOLD: usize = 3;
/// Points of a word that hardly stands in other texts.
const STRONG: usize = 5;
/// No word counts more often than this, so that one that is repeated decides nothing.
const MOST: usize = 2;
/// Bytes that are read.
const SAMPLE: usize = 64 * 1024;

/// What speaks for a mode: words that hardly stand elsewhere, and words that do.
struct Vocabulary {
    mode: Mode,
    tags: &'static [&'static str],
    strong: &'static [&'static str],
    weak: &'static [&'static str],
}

const VOCABULARIES: &[Vocabulary] = &[
    Vocabulary {
        mode: Mode::Medical,
        tags: &["medical"],
        strong: &[
            "anamnesis",
            "biopsy",
            "contraindicated",
            "diagnosed",
            "dosage",
            "hba1c",
            "icd",
            "mrn",
            "oncology",
            "prognosis",
        ],
        weak: &[
            "admission",
            "allergies",
            "blood",
            "clinic",
            "clinical",
            "diagnosis",
            "discharge",
            "doctor",
            "dose",
            "hospital",
            "insulin",
            "medical",
            "medication",
            "nurse",
            "patient",
            "patients",
            "physician",
            "prescribed",
            "prescription",
            "surgery",
            "symptoms",
            "therapy",
            "treatment",
        ],
    },
    Vocabulary {
        mode: Mode::Legal,
        tags: &["legal"],
        strong: &[
            "affidavit",
            "appellant",
            "defendant",
            "deposition",
            "hereinafter",
            "litigation",
            "plaintiff",
            "subpoena",
            "tort",
        ],
        weak: &[
            "agreement",
            "attorney",
            "clause",
            "client",
            "contract",
            "counsel",
            "court",
            "damages",
            "docket",
            "filed",
            "judge",
            "jurisdiction",
            "law",
            "lawsuit",
            "legal",
            "liability",
            "parties",
            "privileged",
            "settlement",
            "testimony",
            "trial",
            "verdict",
            "witness",
        ],
    },
    Vocabulary {
        mode: Mode::Financial,
        tags: &["financial", "card"],
        strong: &[
            "amortization",
            "chargeback",
            "escrow",
            "iban",
            "ledger",
            "mortgage",
            "overdraft",
            "remittance",
            "swift",
        ],
        weak: &[
            "account",
            "balance",
            "bank",
            "billing",
            "card",
            "cash",
            "credit",
            "debit",
            "deposit",
            "dividend",
            "fee",
            "interest",
            "invoice",
            "loan",
            "payment",
            "payments",
            "portfolio",
            "refund",
            "routing",
            "tax",
            "transaction",
            "transfer",
            "wire",
        ],
    },
    Vocabulary {
        mode: Mode::Educational,
        tags: &["education"],
        strong: &[
            "ferpa",
            "gpa",
            "registrar",
            "semester",
            "syllabus",
            "transcript",
            "tuition",
            "undergraduate",
        ],
        weak: &[
            "assignment",
            "campus",
            "class",
            "classroom",
            "college",
            "course",
            "degree",
            "education",
            "enrolled",
            "enrollment",
            "enrolment",
            "exam",
            "faculty",
            "grade",
            "grades",
            "graduate",
            "homework",
            "lecture",
            "pupil",
            "school",
            "student",
            "students",
            "teacher",
            "university",
        ],
    },
];

impl Mode {
    /// What a text is about, by its words: one that hardly stands in other texts counts five, another one, and three
    /// points are wanted. Reads the first 64 KiB. The same text always gives the same.
    ///
    /// ```
    /// use sting_pii::Mode;
    /// assert_eq!(Mode::detect("The patient was prescribed 5 mg; discharge planned for Monday."), Mode::Medical);
    /// assert_eq!(Mode::detect("See you on Monday."), Mode::General);
    /// ```
    pub fn detect(text: &str) -> Self {
        let mut seen: Vec<(usize, usize, usize)> = Vec::new(); // vocabulary, place in it, times
        for_words(&text.as_bytes()[..text.floor_char_boundary(SAMPLE)], |word| {
            for (v, vocabulary) in VOCABULARIES.iter().enumerate() {
                let mut words = vocabulary.strong.iter().chain(vocabulary.weak);
                let Some(place) = words.position(|known| known.as_bytes().eq_ignore_ascii_case(word)) else {
                    continue;
                };
                match seen.iter_mut().find(|one| (one.0, one.1) == (v, place)) {
                    Some(one) => one.2 += 1,
                    None => seen.push((v, place, 1)),
                }
            }
        });
        let points = |v: usize| -> usize {
            let strong = VOCABULARIES[v].strong.len();
            let worth = |place| if place < strong { STRONG } else { 1 };
            seen.iter().filter(|one| one.0 == v).map(|one| worth(one.1) * one.2.min(MOST)).sum()
        };
        // Of equals the first wins.
        let best = (0..VOCABULARIES.len()).rev().max_by_key(|v| points(*v));
        best.filter(|v| points(*v) >= THRESHOLD).map_or(Self::General, |v| VOCABULARIES[v].mode)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Medical => "medical",
            Self::Legal => "legal",
            Self::Financial => "financial",
            Self::Educational => "educational",
        }
    }

    /// True if texts of this mode are expected to hold what `row` finds.
    pub(crate) fn expects(self, row: &Detector) -> bool {
        let mut vocabularies = VOCABULARIES.iter().filter(|vocabulary| vocabulary.mode == self);
        vocabularies.any(|one| row.tags.iter().any(|tag| one.tags.contains(&tag.as_str())))
    }
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        [Self::General, Self::Medical, Self::Legal, Self::Financial, Self::Educational]
            .into_iter()
            .find(|mode| mode.name() == name)
            .ok_or_else(|| {
                let mend = "use general, medical, legal, financial or educational";
                Error::config("mode", format!("no mode is named {name:?}"), mend)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::Mode;

    #[test]
    fn words_tell_the_mode() {
        for (mode, text) in [
            (Mode::Medical, "Patient admitted to the hospital; medication: insulin."),
            (Mode::Legal, "The plaintiff filed a motion."),
            (Mode::Financial, "Wire transfer from your bank account, see invoice."),
            (Mode::Educational, "Students of the course sit the exam; grades follow."),
            (Mode::General, "patient patient patient"),
            (Mode::General, ""),
            (Mode::General, "[MEDICAL_RECORD_NUMBER] [PATIENT_ID] [PRESCRIPTION]"),
        ] {
            assert_eq!(Mode::detect(text), mode, "{text}");
            assert_eq!(mode.name().parse::<Mode>().unwrap(), mode);
        }
        assert!("boring".parse::<Mode>().is_err());
    }
}
