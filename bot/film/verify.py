"""Proof that every quote stands in its source, word for word, and that no source is quoted too far."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.film.pack import ContentError, Pack
from bot.film.yamlfile import Problem

QUOTED_SHARE_LIMIT = 0.30
"""The most of a source's text that a pack may quote."""
SHORTEST_SOURCE_LIMIT = 0.40
"""The same for the shortest source of a pack, where one sentence is already much."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved of one source: its quotes found, and the share of its text that they cover (0 to 1)."""

    source: str
    label: str
    quotes: int
    quoted_share: float
    limit: float


def verify_pack(pack: Pack, sources: Path) -> list[Proof]:
    """Find every quote of a pack in the texts of a folder; a text is known by the SHA-256 of its bytes.

    Raises:
        ContentError: a text is missing, a passage is not in it, or too much of it is quoted.
    """
    texts = dict(_texts_by_hash(sources))
    found = {source.id: texts.get(source.sha256) for source in pack.sources.values()}
    problems = [
        Problem(f"{pack.film.id}/sources.yaml", 1, source.id, f"no file in {sources} has the sha256 {source.sha256}")
        for source in pack.sources.values()
        if found[source.id] is None
    ]
    if problems:
        raise ContentError(problems)
    known = {name: text for name, text in found.items() if text is not None}
    problems = [
        Problem(f"{pack.film.id}/quotes.yaml", 1, quote.id, f"not in {quote.source}: “{passage}”")
        for quote in pack.quotes.values()
        for passage in quote.passages
        if passage not in known[quote.source]
    ]
    if problems:
        raise ContentError(problems)
    proofs = [_prove(pack, source, known) for source in pack.sources]
    problems = [
        Problem(
            f"{pack.film.id}/quotes.yaml",
            1,
            proof.source,
            f"{proof.quoted_share:.1%} of the text is quoted, at most {proof.limit:.0%} may be",
        )
        for proof in proofs
        if proof.quoted_share > proof.limit
    ]
    if problems:
        raise ContentError(problems)
    return proofs


def _texts_by_hash(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.txt")):
        content = path.read_bytes()
        yield hashlib.sha256(content).hexdigest(), content.decode()


def _prove(pack: Pack, source: str, texts: Mapping[str, str]) -> Proof:
    text = texts[source]
    quoted = bytearray(len(text))
    quotes = [quote for quote in pack.quotes.values() if quote.source == source]
    for quote in quotes:
        for passage in quote.passages:
            start = text.index(passage)
            quoted[start : start + len(passage)] = b"\x01" * len(passage)
    shortest = min(texts, key=lambda name: len(texts[name])) == source
    limit = SHORTEST_SOURCE_LIMIT if shortest else QUOTED_SHARE_LIMIT
    return Proof(source, pack.sources[source].label, len(quotes), sum(quoted) / len(text), limit)
