"""Tables of the index, for SQLite 3.40 and later. The runtime creates them and owns the connection.

::

    articles         one row per article: what is compared, sorted and grouped by; small, so that scans are cheap
    article_bodies   the document (JSON, zlib) and the words as they were indexed (zlib)
    article_words    FTS5, contentless: the word columns of kabar.query.analysis
    article_facets   the facet values of an article (JSON: one list per facet)
    versions         every accepted version, with its whole message (JSON, zlib)
    stories          the newest revision of each story

``article_words`` keeps no copy of the text. To take a row out, FTS5 must be told its words again, exactly: they
are read back from ``article_bodies.words``, never computed anew, since a newer tokeniser (or Unicode table)
would compute others and quietly damage the index.
"""

from __future__ import annotations

from kabar.query.fields import VALUE_FIELDS, WORD_FIELDS
from kabar.query.fts5 import TABLE as WORDS_TABLE

_VALUE_COLUMNS = ",\n  ".join(f"{name} NUMERIC" for name in VALUE_FIELDS)

SCHEMA: tuple[str, ...] = (
    f"""
CREATE TABLE articles(
  -- AUTOINCREMENT: a number is never given twice, so "after this one" stays true when the newest is pruned.
  doc INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  version_key INTEGER NOT NULL,
  copy_group TEXT NOT NULL,
  story_id TEXT,
  bytes INTEGER NOT NULL, -- of its body, words and versions as stored; what retention by size counts
  {_VALUE_COLUMNS}
)""",
    # The listing's order; id makes equal times comparable. The others: collapse, story pages, prune.
    "CREATE INDEX articles_by_date ON articles(date, id)",
    "CREATE INDEX articles_by_copy_group ON articles(copy_group)",
    "CREATE INDEX articles_by_story ON articles(story_id) WHERE story_id IS NOT NULL",
    "CREATE INDEX articles_by_observed ON articles(observed, doc)",
    "CREATE TABLE article_bodies(doc INTEGER PRIMARY KEY, document BLOB NOT NULL, words BLOB NOT NULL)",
    # The 'ascii' tokeniser takes everything beyond ASCII for part of a word: what stands between two blanks of a
    # word column is one token, whatever its script, and tokenisation stays kabar's own.
    f"CREATE VIRTUAL TABLE {WORDS_TABLE} USING fts5({', '.join(WORD_FIELDS)}, content='', tokenize='ascii')",
    # Not one row per value: counting them in SQL took four times as long as reading one small blob per article.
    "CREATE TABLE article_facets(doc INTEGER PRIMARY KEY, facets BLOB NOT NULL)",
    """
CREATE TABLE versions(
  article_id TEXT NOT NULL,
  observation_id TEXT NOT NULL,
  version_key INTEGER NOT NULL,
  version INTEGER NOT NULL,
  observed_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  change BLOB NOT NULL,
  message BLOB NOT NULL,
  UNIQUE(article_id, observation_id)
)""",
    """
CREATE TABLE stories(
  id TEXT NOT NULL PRIMARY KEY,
  revision INTEGER NOT NULL,
  size INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  velocity REAL NOT NULL,
  state TEXT NOT NULL,
  merged_into TEXT,
  record BLOB NOT NULL
)""",
    "CREATE INDEX stories_by_last ON stories(last_at, id)",
    "CREATE INDEX stories_by_merge ON stories(merged_into) WHERE merged_into IS NOT NULL",
)

TABLES = ("articles", "article_bodies", WORDS_TABLE, "article_facets", "versions", "stories")
