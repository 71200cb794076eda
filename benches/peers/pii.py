"""Presidio with its pattern recognizers: no language model, the kinds that the case names."""

from collections import Counter
from importlib.metadata import version

from engine import Engine, Skip, serve, text_of

ENTITIES = {
    "email": "EMAIL_ADDRESS", "credit_card": "CREDIT_CARD", "us_ssn": "US_SSN", "iban": "IBAN_CODE",
    "ip_address": "IP_ADDRESS", "phone": "PHONE_NUMBER", "url": "URL",
}


def analyzer():
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

    class BlankEngine(NlpEngine):
        """Splits words and nothing else: pattern recognizers need no more."""

        def __init__(self):
            self.language = spacy.blank("en")

        def load(self):
            pass

        def is_loaded(self):
            return True

        def process_text(self, text, language):
            tokens = self.language(text)
            return NlpArtifacts(entities=[], tokens=tokens, tokens_indices=[t.idx for t in tokens],
                                lemmas=[t.text for t in tokens], nlp_engine=self, language=language)

        def process_batch(self, texts, language, **options):
            for text in texts:
                yield text, self.process_text(text, language)

        def is_stopword(self, word, language):
            return self.language.vocab[word].is_stop

        def is_punct(self, word, language):
            return self.language.vocab[word].is_punct

        def get_supported_entities(self):
            return []

        def get_supported_languages(self):
            return ["en"]

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=BlankEngine(), supported_languages=["en"])


def open_engine(job: dict) -> Engine:
    params = job["params"]
    if params["do"] != "find":
        raise Skip("the analyzer only finds")
    wanted = [ENTITIES[kind] for kind in params["kinds"] if kind in ENTITIES]
    engine = analyzer()
    text = text_of(job)
    lines = text.splitlines()

    def run():
        return [engine.analyze(line, language="en", entities=wanted, score_threshold=0.4) for line in lines]

    found = Counter(hit.entity_type for hits in run() for hit in hits)
    facts = {"found": dict(sorted(found.items())),
             "no recognizer for": [kind for kind in params["kinds"] if kind not in ENTITIES]}
    return Engine(len(text.encode()), run, facts, version("presidio-analyzer"))


if __name__ == "__main__":
    serve(open_engine)
