from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Generic, Literal, Protocol, TypeVar, final, overload

import numpy as np
from numpy.typing import NDArray

from sting.errors import RuleError

__all__ = [
    "Alert",
    "AnomalyDetector",
    "Chunk",
    "ChunkIterator",
    "Chunker",
    "Collection",
    "Correlator",
    "Embedder",
    "FeedReport",
    "FieldMatch",
    "Finding",
    "Hit",
    "Ioc",
    "IocMatch",
    "Iocs",
    "JsonlMatches",
    "LateWindow",
    "Match",
    "Report",
    "RestoreStream",
    "Row",
    "Rules",
    "ScrubStream",
    "Scrubbed",
    "Scrubber",
    "Session",
    "Store",
    "Template",
    "TemplateMiner",
    "Tokenizer",
    "Vault",
    "detect_mode",
    "extract_iocs",
    "kinds",
]

_Json = None | bool | int | float | str | Sequence[Any] | Mapping[str, Any]
_Path = str | PathLike[str]
_Unit = Literal["chars", "bytes", "words", "tokens"]
_Mode = Literal["auto", "vector", "keyword", "hybrid"]
_Metric = Literal["cosine", "dot", "l2"]
_Vector = NDArray[np.float32] | Sequence[float]
_Vectors = NDArray[np.float32] | Sequence[Sequence[float]]
_Found = TypeVar("_Found", Match, IocMatch)

class _Readable(Protocol):
    def read(self, size: int, /) -> str | bytes: ...

@final
class Chunk:
    """A part of a text, with its place: ``text == source[start:end]``."""

    def __new__(
        cls,
        text: str,
        start: int,
        end: int,
        index: int,
        size: int,
        tokens: int | None,
        heading: Sequence[str],
        prefix: str | None,
        id: str,
        content_hash: str,
        context: str | None = None,
    ) -> Chunk: ...
    @property
    def text(self) -> str: ...
    @property
    def start(self) -> int:
        """Where it begins, in code points."""
    @property
    def end(self) -> int:
        """Where it ends, in code points."""
    @property
    def index(self) -> int:
        """Its number, from 0."""
    @property
    def size(self) -> int:
        """Its size in the unit that the chunker counts in."""
    @property
    def tokens(self) -> int | None:
        """Its size in tokens, special tokens included, if the chunker counts tokens."""
    @property
    def heading(self) -> list[str]:
        """The headings above it, outermost first."""
    @property
    def prefix(self) -> str | None:
        """What belongs before the text but stands elsewhere in the source, such as the header of its table."""
    @property
    def id(self) -> str:
        """The same for the same settings, headings and text, on every machine."""
    @property
    def content_hash(self) -> str:
        """The same for the same text."""
    @property
    def context(self) -> str | None:
        """What the caller of ``Chunker.chunk`` says of its place, to be embedded before prefix and text."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[Any, ...]: ...

@final
class Chunker:
    """Cuts texts into chunks no larger than ``max_size``.

    Chunks tile the text: what is not in a chunk is white space. ``kind`` is ``auto``, ``text``, ``markdown``, ``html``,
    ``json``, ``log``, ``table``, ``email``, ``code:rust`` (or another language), or ``semantic``, which needs an embedder
    and breaks at the share ``breakpoints`` of all boundaries between sentences, where the meaning turns most. ``unit`` is
    what sizes are counted in (``tokens`` needs a tokenizer). ``context_size`` is kept free for the context of each chunk.
    """

    def __new__(
        cls,
        kind: str = "auto",
        *,
        max_size: int = 1000,
        unit: _Unit = "chars",
        overlap: int = 0,
        context_size: int = 0,
        tokenizer: Tokenizer | None = None,
        embedder: Embedder | None = None,
        breakpoints: float = 0.1,
    ) -> Chunker: ...
    def chunk(self, text: str, *, context: Callable[[Chunk], str] | None = None) -> list[Chunk]:
        """The chunks of one text. ``context`` says where in the document a chunk stands; see ``Chunk.context``."""
    def chunk_many(self, texts: Sequence[str]) -> list[list[Chunk]]:
        """The chunks of each text, on all cores."""
    def chunk_stream(self, source: _Readable | Iterable[str | bytes]) -> ChunkIterator:
        """The chunks of a file or of an iterator over parts, equal to those of the whole text, in about 1 MiB.

        HTML and source code are held whole, up to 64 MiB; a ``semantic`` chunker has no stream.
        """

@final
class ChunkIterator:
    """Yields chunks as their text comes; see ``Chunker.chunk_stream``."""

    def __iter__(self) -> ChunkIterator: ...
    def __next__(self) -> Chunk: ...

@final
class Tokenizer:
    """An exact tokenizer: WordPiece of the BERT family, or byte-level BPE as of GPT-2, GPT-4, Llama 3 and Qwen."""

    @staticmethod
    def load(path: _Path) -> Tokenizer:
        """Loads a ``tokenizer.json``, a ``vocab.txt``, or a model folder that holds one of them."""
    def encode(self, text: str) -> list[int]:
        """The token ids of a text, with the special tokens that the model expects."""
    def encode_many(self, texts: Sequence[str]) -> list[list[int]]: ...
    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids, and for each the start and end of its text in code points; ``(0, 0)`` for special tokens."""
    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, without special tokens."""
    def count(self, text: str) -> int:
        """How many tokens a text has, without special ones."""
    def token_spans(self, text: str, chunks: Sequence[Chunk]) -> list[tuple[int, int]]:
        """For each chunk of a text, the range of the tokens of the whole text, special ones not counted, that begin in it."""
    def late_windows(self, text: str, chunks: Sequence[Chunk], max_tokens: int) -> list[LateWindow]:
        """The windows in which a model that reads ``max_tokens`` at once can embed the chunks of a text late.

        Every chunk is pooled from one window, which holds all of it and text on both sides, if there is any.
        """
    @property
    def vocab_size(self) -> int: ...

@final
class LateWindow:
    """What a long-context model reads at once, and which of its token vectors make which chunk (late chunking)."""

    @property
    def start(self) -> int:
        """Where the text that is read begins, in code points."""
    @property
    def end(self) -> int:
        """Where it ends, in code points."""
    @property
    def ids(self) -> list[int]:
        """What the model reads: token ids, special ones included."""
    @property
    def chunks(self) -> list[tuple[int, int, int]]:
        """For each chunk that is pooled from this window its number, and where its tokens begin and end in ``ids``."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Finding:
    """Something private in a text, with its place and what speaks for it. It holds no text and may be logged."""

    def __new__(
        cls, kind: str, start: int, end: int, score: float, action: str, evidence: Mapping[str, _Json]
    ) -> Finding: ...
    @property
    def kind(self) -> str: ...
    @property
    def start(self) -> int:
        """Where it begins, in code points."""
    @property
    def end(self) -> int:
        """Where it ends, in code points."""
    @property
    def score(self) -> float:
        """Estimated probability that it is what ``kind`` says."""
    @property
    def action(self) -> str:
        """What the scrubber does with it."""
    @property
    def evidence(self) -> dict[str, Any]:
        """The detector, and whether a checksum, context, a key or words against it were seen."""
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]
    def __getnewargs__(self) -> tuple[Any, ...]: ...

@final
class Scrubbed:
    """A scrubbed text with its account."""

    def __new__(cls, text: str, findings: Sequence[Finding]) -> Scrubbed: ...
    @property
    def text(self) -> str: ...
    @property
    def findings(self) -> list[Finding]:
        """What was found, with places in the text that was given."""
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]
    def __getnewargs__(self) -> tuple[Any, ...]: ...

_Format = Literal["auto", "text", "json", "json_lines", "logfmt", "syslog", "access_log", "csv", "log"]

@final
class Scrubber:
    """Finds private data and takes it out.

    ``actions`` says what is done by kind, ``"*"`` for all others: ``keep``, ``mask``, ``hash``, ``remove``, ``replace``,
    ``token``, ``fpe``, ``generalize``, ``date_shift``; an object such as ``{"mask": {"keep_last": 4}}``,
    ``{"replace": "<gone>"}``, ``{"generalize": {"dates": "month"}}``, ``{"date_shift": {"max_days": 30}}``; or a function of
    the value and its kind. What a function returns is scanned again; if it fails, so does the call. ``hash``, ``token``,
    ``fpe`` and ``date_shift`` need a ``key`` of at least 16 bytes. ``entities`` looks for these kinds only. ``profile`` is a
    name, or a profile of your own: ``{"name": ..., "extends": ..., "kinds": [...], "actions": {...}}``. ``mode`` says what
    texts are about (see ``detect_mode``). ``names`` looks for persons, places, organisations and addresses in running
    text. ``exceptions`` let findings pass: ``{"kinds", "values", "fields", "below", "max_risk", "roles", "networks",
    "times"}``; for the last three see ``for_caller``.
    """

    def __new__(
        cls,
        profile: str | Mapping[str, Any] | None = None,
        *,
        entities: Sequence[str] | None = None,
        actions: Mapping[str, str | Mapping[str, Any] | Callable[[str, str], str]] | None = None,
        min_score: float | None = None,
        key: bytes | None = None,
        names: bool = True,
        custom: Sequence[Mapping[str, Any]] | None = None,
        mode: str | None = None,
        exceptions: Sequence[Mapping[str, Any]] | None = None,
        patterns: str | None = None,
        preset: Literal["logs", "config", "api", "database", "general"] | None = None,
        allow: Sequence[str] | None = None,
        deny: Mapping[str, Sequence[str]] | None = None,
        key_names: Mapping[str, Sequence[str]] | None = None,
    ) -> Scrubber: ...
    def find(self, text: str) -> list[Finding]:
        """What is private in a text, in order. If that fails, an exception is raised: no list is ever cut short."""
    def scrub(self, text: str) -> Scrubbed:
        """The text without it. If that fails, an exception is raised and no text is returned."""
    def scrub_many(self, texts: Sequence[str]) -> list[Scrubbed]: ...
    def scrub_json(self, text: str) -> str:
        """JSON whose strings are scrubbed, with keys as context; everything else stays byte for byte."""
    def session(self, key: bytes, *, tolerant: bool = False, vault: Vault | None = None) -> Session:
        """Tokens for what goes to a language model. ``tolerant`` also restores tokens that a model has altered. Values are
        kept in ``vault``, or in memory for an hour."""
    def for_subject(self, subject: str) -> Scrubber:
        """The same scrubber for the texts of one subject, whose dates ``date_shift`` moves together."""
    def for_caller(
        self, *, roles: Sequence[str] | None = None, address: str | None = None, time: float | None = None
    ) -> Scrubber:
        """The same scrubber for texts that go to a caller: exceptions that name ``roles``, ``networks`` (``"10.0.0.0/8"``)
        or ``times`` (``{"days": ["mon"], "from": "08:00", "to": "18:00", "utc_offset": 60}``) hold for it if it fits.
        ``time`` is what ``time.time()`` gives. Without a caller they hold for nobody."""
    def decrypt(self, value: str, kind: str) -> str:
        """What the action ``fpe`` made of a value, in clear again."""
    def scrub_as(self, format: _Format, text: str) -> Scrubbed:
        """A structured text, scrubbed value by value with the names of fields as context; the rest stays byte for byte."""
    def stream(self, format: _Format = "text") -> ScrubStream:
        """A stream that is scrubbed piece by piece; not for ``auto`` and ``json``, which need the whole text."""
    def scrub_arrow(self, table: Any, columns: Sequence[str] | None = None) -> Any:
        """A table of any library that speaks Arrow's PyCapsule interface, with the names of columns as context.

        Gives a ``pyarrow.Table`` for one of pyarrow, else an object of that interface. A whole number that is private
        becomes null. Only ``columns``, if given.
        """
    @property
    def profile(self) -> str: ...

@final
class Session:
    """Puts tokens in the place of private data, and private data in the place of tokens.

    ``restore(protect(text)) == text`` for every text. Equal values have equal tokens; nobody without the key can make one.
    """

    def protect(self, text: str) -> str:
        """The text with tokens. If the vault fails or is full, an exception is raised and no text is returned."""
    def protect_messages(self, messages: _Json) -> Any:
        """The messages of a conversation with tokens: every role, tool calls and results included."""
    def protect_json(self, text: str) -> str:
        """JSON with tokens, keys as context; everything else stays byte for byte."""
    def restore(self, text: str) -> str:
        """The text with values in the place of this session's tokens."""
    def restore_json(self, text: str) -> str:
        """JSON that a model has written, with values escaped as JSON needs it."""
    def restore_stream(self) -> RestoreStream:
        """Restores an answer that comes in pieces, cut anywhere."""
    def leftovers(self, text: str) -> list[tuple[int, int, Literal["unknown", "altered"]]]:
        """What looks like a token and is not restored as it stands: start and end in code points, and why."""
    def forget(self) -> int:
        """Forgets every value kept under this session's key; how many they were."""

@final
class RestoreStream:
    """An answer that is restored piece by piece. What may be the beginning of a token is held back."""

    @overload
    def push(self, piece: str) -> str: ...
    @overload
    def push(self, piece: bytes) -> bytes: ...
    def finish(self) -> str: ...
    def finish_bytes(self) -> bytes: ...

@final
class Vault:
    """Where the values behind tokens are kept."""

    @staticmethod
    def memory(*, ttl: float = 3600.0, capacity: int = 100_000) -> Vault:
        """In memory, each value for ``ttl`` seconds after it was last used."""
    @staticmethod
    def open(path: _Path, key: bytes, *, ttl: float = 2_592_000.0, capacity: int = 100_000) -> Vault:
        """In a file that is encrypted under ``key``. A wrong key and a damaged file raise an exception."""

@final
class ScrubStream:
    """A stream that is scrubbed piece by piece, cut anywhere, in bounded memory."""

    def push(self, data: bytes) -> bytes:
        """Takes the next piece, and gives what is ready."""
    def finish(self) -> bytes:
        """Ends the stream, and gives the rest."""
    @property
    def counts(self) -> dict[str, int]:
        """Findings so far, by kind."""

def detect_mode(text: str) -> str:
    """What a text is about: ``general``, ``medical``, ``legal``, ``financial`` or ``educational``."""

def kinds() -> list[str]:
    """The kinds of private data that are known."""

@final
class Embedder:
    """Turns texts into vectors of unit length."""

    @staticmethod
    def builtin() -> Embedder:
        """The model that is part of the package: hashed words and character n-grams, nothing to download."""
    @staticmethod
    def load(path: _Path, *, precision: Literal["f32", "bf16", "int8"] = "f32") -> Embedder:
        """Loads a sentence-transformers folder of the BERT family."""
    @staticmethod
    def from_hub(
        name: str, *, revision: str | None = None, precision: Literal["f32", "bf16", "int8"] = "f32"
    ) -> Embedder:
        """Loads a model that was downloaded before, from the local cache of the Hugging Face hub. No network."""
    def embed(
        self, texts: Sequence[str], *, on_progress: Callable[[int, int | None], object] | None = None
    ) -> NDArray[np.float32]:
        """One row a text, shape ``(len(texts), dim)``. A text with nothing to embed, and no other, gives zeros.

        ``on_progress(done, total)`` is called a few times a second; what it raises stops the work, as does Ctrl-C, even
        within a huge text.
        """
    def embed_iter(self, texts: Iterable[str]) -> Iterator[NDArray[np.float32]]:
        """The rows of texts that come one by one, in order. At most 32 texts are held at a time."""
    @property
    def dim(self) -> int: ...
    @property
    def max_tokens(self) -> int | None: ...
    @property
    def id(self) -> str: ...

@final
class Store:
    """A folder of collections, or collections in memory. One process writes; a kill loses nothing acknowledged."""

    @staticmethod
    def open(path: _Path) -> Store:
        """Opens or creates a store; ``":memory:"`` for one that is not on disk."""
    def collection(
        self, name: str, *, dim: int | None = None, metric: _Metric | None = None, embedder: Embedder | None = None
    ) -> Collection:
        """Opens or creates a collection. What contradicts an existing one is refused."""
    def collections(self) -> list[str]: ...
    def drop(self, name: str) -> bool:
        """Deletes a collection; false if there was none."""
    def verify(self) -> Report:
        """Reads every byte and checks it."""
    def compact(self) -> None:
        """Gives back the space of deleted and replaced rows."""
    def snapshot(self, path: _Path) -> None:
        """Copies the store, as it is now, to a new folder."""
    def close(self) -> None: ...
    def __enter__(self) -> Store: ...
    def __exit__(
        self, *_exception: type[BaseException] | BaseException | TracebackType | None
    ) -> None: ...

@final
class Report:
    """What a check of a store found."""

    @property
    def ok(self) -> bool: ...
    @property
    def problems(self) -> list[str]: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Collection:
    """Rows of an id, a text, a vector and metadata, found by words, by nearness and by filters."""

    def upsert(
        self,
        ids: Sequence[str],
        *,
        vectors: _Vectors | None = None,
        texts: Sequence[str | None] | None = None,
        metadata: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> None:
        """Writes rows, replacing those of the same id, all or none. Texts without vectors are embedded."""
    def update(self, ids: Sequence[str], *, metadata: Sequence[Mapping[str, Any]]) -> int:
        """Merges metadata into rows; unknown ids are passed over. Returns how many rows were changed."""
    def delete(self, ids: Sequence[str] | None = None, *, filter: Mapping[str, Any] | None = None) -> int:
        """Deletes rows by id or by filter. Returns how many there were."""
    def get(self, ids: Sequence[str]) -> list[Row]:
        """The rows of these ids; unknown ids are left out."""
    def count(self, filter: Mapping[str, Any] | None = None) -> int: ...
    def scroll(
        self, *, filter: Mapping[str, Any] | None = None, limit: int = 100, after: str | None = None
    ) -> list[Row]:
        """Rows in the order of their ids, from the one after ``after``."""
    def search(
        self,
        *,
        text: str | None = None,
        vector: _Vector | None = None,
        k: int = 10,
        filter: Mapping[str, Any] | None = None,
        mode: _Mode = "auto",
    ) -> list[Hit]:
        """The best ``k`` rows that pass the filter, best first."""
    def search_many(
        self,
        *,
        texts: Sequence[str] | None = None,
        vectors: _Vectors | None = None,
        k: int = 10,
        filter: Mapping[str, Any] | None = None,
        mode: _Mode = "auto",
    ) -> list[list[Hit]]:
        """Many searches, on all cores."""
    @property
    def name(self) -> str: ...
    @property
    def dim(self) -> int | None: ...
    def __len__(self) -> int: ...

@final
class Row:
    """A stored row."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str | None: ...
    @property
    def metadata(self) -> dict[str, Any]: ...
    @property
    def vector(self) -> NDArray[np.float32] | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Hit:
    """A row that a search found."""

    @property
    def id(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def text(self) -> str | None: ...
    @property
    def metadata(self) -> dict[str, Any]: ...
    @property
    def vector_score(self) -> float | None: ...
    @property
    def keyword_score(self) -> float | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class FieldMatch:
    """One value that matched one pattern of a rule."""

    @property
    def field(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def pattern(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Match:
    """A rule that matched an event, and why."""

    @property
    def rule_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def level(self) -> str | None: ...
    @property
    def tags(self) -> list[str]: ...
    @property
    def path(self) -> str: ...
    @property
    def fields(self) -> list[FieldMatch]: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Rules:
    """Sigma rules, evaluated together."""

    @staticmethod
    def load(*paths: _Path) -> Rules:
        """Loads rule files, and folders of them. A rule that cannot be used is in ``errors``."""
    @staticmethod
    def parse(files: Mapping[str, str]) -> Rules:
        """Rules from YAML, by the name that errors and matches give it."""
    @property
    def errors(self) -> list[RuleError]: ...
    def match(self, event: Mapping[str, Any] | str | bytes) -> list[Match]:
        """Every rule that an event matches."""
    def match_jsonl(self, source: bytes | _Path, *, threads: int = 1) -> JsonlMatches[Match]:
        """Goes through lines of JSON, given as bytes or as a path, in their order; 0 threads stands for all."""
    def correlator(self, *, max_groups: int = 100_000, lateness: float | None = None) -> Correlator:
        """Correlates events by the correlation rules among these. ``lateness`` is how many seconds an event may come late."""
    def __len__(self) -> int: ...

@final
class JsonlMatches(Generic[_Found]):
    """Yields ``(line number, matches)`` for each line that a rule matches, or that has a known indicator."""

    def __iter__(self) -> JsonlMatches[_Found]: ...
    def __next__(self) -> tuple[int, list[_Found]]: ...
    @property
    def errors(self) -> list[tuple[int, str]]:
        """Lines so far that are not events, each with what is wrong."""

@final
class Alert:
    """A correlation whose condition holds for a group of events."""

    @property
    def rule_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def level(self) -> str | None: ...
    @property
    def tags(self) -> list[str]: ...
    @property
    def group(self) -> list[tuple[str, str | None]]:
        """Each field of ``group-by`` with its value, ``None`` where the events do not have it."""
    @property
    def value(self) -> float:
        """What was measured."""
    @property
    def first(self) -> str:
        """Time of the first event of the window, in RFC 3339."""
    @property
    def last(self) -> str: ...
    @property
    def count(self) -> int:
        """Events in the window."""
    @property
    def events(self) -> list[int]:
        """Numbers of the latest 100 events in the window; the first event that was pushed is 1."""
    @property
    def rules(self) -> list[str]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Correlator:
    """Correlates events over time, in their own time and in bounded memory."""

    def push(self, event: Mapping[str, Any] | str | bytes) -> list[Alert]:
        """The alerts to which an event leads."""
    def push_many(self, events: Sequence[Mapping[str, Any] | str | bytes]) -> list[Alert]:
        """The alerts to which events lead. If one of them is none, an error is raised before the first is pushed."""
    @property
    def stats(self) -> dict[str, int]:
        """What it has done and holds; what was given up for want of memory is counted, because it may hide an alert."""
    def snapshot(self) -> bytes:
        """All that it holds, for ``restore`` of a correlator of the same rules."""
    def restore(self, state: bytes) -> None: ...

@final
class AnomalyDetector:
    """Scores how unusual each value of a series is after all before it, from 0 to 1. Settings are numbers of points."""

    def __new__(
        cls, *, memory: int | None = None, rest: int | None = None, smoothing: int | None = None
    ) -> AnomalyDetector: ...
    @staticmethod
    def from_bytes(state: bytes) -> AnomalyDetector:
        """A detector that goes on where the one that wrote the bytes stopped."""
    def to_bytes(self) -> bytes: ...
    def push(self, timestamp: float, value: float) -> float:
        """The score of a value at a time in seconds since 1970; then learns it."""
    def push_many(
        self,
        timestamps: NDArray[np.float64] | Sequence[float],
        values: NDArray[np.float64] | Sequence[float],
    ) -> NDArray[np.float64]: ...

@final
class Ioc:
    """An indicator of compromise: what it is, refanged, and where it stands, in code points."""

    @property
    def kind(self) -> str:
        """``ipv4``, ``ipv6``, ``cidr``, ``domain``, ``url``, ``email``, ``md5``, ``sha1``, ``sha256``, ``sha512``,
        ``cve``, ``mitre_technique``, ``filename`` or ``wallet``."""
    @property
    def value(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

def extract_iocs(text: str, *, keep_benign: bool = False) -> list[Ioc]:
    """The indicators in a text, defanged or not, in order. What everybody mentions (private addresses, vendors' domains) is
    left out unless ``keep_benign``."""

@final
class IocMatch:
    """A known indicator in a field of an event."""

    @property
    def field(self) -> str: ...
    @property
    def kind(self) -> str:
        """Kind of the known indicator: an address is found by its network, a host by the domain above it."""
    @property
    def value(self) -> str:
        """The known indicator."""
    @property
    def found(self) -> str:
        """What the event says."""
    @property
    def source(self) -> str: ...
    @property
    def confidence(self) -> int: ...
    @property
    def first_seen(self) -> int | None: ...
    @property
    def last_seen(self) -> int | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class FeedReport:
    """What a file added to a set of indicators."""

    @property
    def added(self) -> int: ...
    @property
    def updated(self) -> int:
        """Indicators that were in the set."""
    @property
    def skipped(self) -> int:
        """Entries that are no indicators of a known kind."""
    @property
    def faults(self) -> list[tuple[str, str]]:
        """Where the first that were skipped stand, and what is wrong."""
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Iocs:
    """A set of known indicators, about 24 bytes each. Times are seconds since 1970."""

    def __new__(cls) -> Iocs: ...
    def add(
        self,
        kind: str,
        value: str,
        *,
        source: str = "",
        confidence: int = 50,
        ttl: int | None = None,
        first_seen: int | None = None,
        last_seen: int | None = None,
    ) -> bool:
        """Adds an indicator, or moves on the last sighting of one that is there. True if it is new."""
    def add_many(
        self,
        kind: str,
        values: Sequence[str],
        *,
        source: str = "",
        confidence: int = 50,
        ttl: int | None = None,
        first_seen: int | None = None,
        last_seen: int | None = None,
    ) -> int:
        """Adds many of one kind; returns how many are new. If one is refused, those before it have been added."""
    def load(
        self, path: _Path, *, source: str = "", confidence: int = 50, ttl: int | None = None
    ) -> FeedReport:
        """Adds the indicators of a STIX bundle, a MISP event, a CSV table or a list."""
    def match(self, event: Mapping[str, Any] | str | bytes, *, now: int | None = None) -> list[IocMatch]:
        """The known indicators in an event; with ``now``, those that are stale are left out."""
    def match_jsonl(
        self, source: bytes | _Path, *, threads: int = 1, now: int | None = None
    ) -> JsonlMatches[IocMatch]:
        """The known indicators in every line of JSON, given as bytes or as a path; 0 threads stands for all."""
    @staticmethod
    def open(path: _Path) -> Iocs:
        """A set that was saved, read where it lies: the file is mapped, and must not be written into while the set is used."""
    def save(self, path: _Path) -> None:
        """Saves the set for ``open``, whole or not at all."""
    def expire(self, now: int) -> int:
        """Forgets what is stale; returns how many that were."""
    def __len__(self) -> int: ...

@final
class Template:
    """The template of a log line."""

    @property
    def id(self) -> int: ...
    @property
    def template(self) -> str:
        """Its words, with ``<*>`` for each parameter."""
    @property
    def count(self) -> int:
        """Lines of it so far."""
    @property
    def params(self) -> list[str]:
        """The parameters of the line that was pushed, one for each ``<*>``."""
    @property
    def change(self) -> Literal["none", "new", "merged", "split"]:
        """What the line changed among the templates."""
    @property
    def replaces(self) -> list[int]:
        """The templates that are no more since this line, whose lines belong to this one (merged) or to its like (split)."""
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class TemplateMiner:
    """Mines templates from log lines, online and in bounded memory, with one setting for every log."""

    def __new__(
        cls,
        *,
        max_templates: int | None = None,
        max_words: int | None = None,
        merge_after: int | None = None,
        split_after: int | None = None,
    ) -> TemplateMiner: ...
    @staticmethod
    def from_bytes(state: bytes) -> TemplateMiner:
        """A miner that goes on where the one that wrote the bytes stopped."""
    def to_bytes(self) -> bytes: ...
    def push(self, line: str) -> Template: ...
    def push_many(self, lines: Sequence[str]) -> list[Template]: ...
    def templates(self) -> list[Template]: ...
    def __len__(self) -> int: ...
