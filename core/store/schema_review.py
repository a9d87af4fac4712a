"""What the Review desk needs in the file: differences worked out when something changes, not when asked.

Triggers do it, so that no way of writing a photo or an event can forget to. They are part of a migration of
``schema`` and are never edited, only followed by another.
"""

from __future__ import annotations

from sqlite_utils import Database

_SLOTS = ", ".join(f"({slot})" for slot in range(17))

_DIFFERENCES = f"""
    DELETE FROM confusions WHERE photo = new.id;
    INSERT INTO confusions (photo, slot, label, read)
    SELECT new.id, s.column1, substr(new.vin, s.column1 + 1, 1), substr(new.read, s.column1 + 1, 1)
    FROM (VALUES {_SLOTS}) s WHERE length(new.vin) = 17 AND length(new.read) = 17
    AND substr(new.vin, s.column1 + 1, 1) NOT IN ('?', substr(new.read, s.column1 + 1, 1));
    UPDATE photos SET wrong = CASE WHEN new.vin IS NULL OR new.prediction IS NULL THEN NULL
    WHEN new.read IS NULL THEN 17 ELSE (SELECT COUNT(*) FROM confusions WHERE photo = new.id) END
    WHERE id = new.id;
"""

_TWICE = """
    UPDATE photos SET twice = CASE {event}.state WHEN 'open' THEN NULL WHEN 'labelled' THEN
    (SELECT second.text != first.text FROM events second, events first WHERE second.id = {event}.content
    AND first.id = (SELECT MIN(id) FROM events WHERE photo = {event}.photo AND track = 0
    AND action = 'label')) ELSE 1 END WHERE id = {event}.photo AND gold = 0
"""

_EDITED = """
    UPDATE photos SET edited = CASE WHEN (SELECT text FROM events WHERE id = {event}.content) IS NOT
    (SELECT c.text FROM events a JOIN events c ON c.id = a.content WHERE a.photo = {event}.photo
    AND a.track = 0 AND a.state = 'approved' AND a.id < {event}.id ORDER BY a.id DESC LIMIT 1)
    THEN {event}.id END WHERE id = {event}.photo AND EXISTS (SELECT 1 FROM events a WHERE
    a.photo = {event}.photo AND a.track = 0 AND a.state = 'approved' AND a.id < {event}.id)
"""

_EDITS = "{0}track = 0 AND {0}action IN ('label', 'restore', 'undo') AND {0}content != 0"

_DIFFER = f"""
    CREATE TRIGGER photos_differ AFTER UPDATE OF vin, read, prediction ON photos
    WHEN new.vin IS NOT old.vin OR new.read IS NOT old.read OR new.prediction IS NOT old.prediction
    BEGIN {_DIFFERENCES}
    UPDATE photos SET apart = (SELECT disagreement FROM predictions WHERE id = new.prediction{{read}})
    WHERE id = new.id; END
"""

STATEMENTS = (
    # Of the label in force, the newest reading, the blind second label, what changed an approved VIN.
    "ALTER TABLE photos ADD COLUMN author INTEGER",
    "ALTER TABLE photos ADD COLUMN apart REAL",
    "ALTER TABLE photos ADD COLUMN wrong INTEGER",
    "ALTER TABLE photos ADD COLUMN twice INTEGER",
    "ALTER TABLE photos ADD COLUMN edited INTEGER",
    """
    CREATE TABLE confusions (
        photo INTEGER NOT NULL REFERENCES photos(id),
        slot INTEGER NOT NULL,
        label TEXT NOT NULL,
        read TEXT NOT NULL,
        PRIMARY KEY (photo, slot)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX confusions_by_pair ON confusions (label, read, photo)",
    _DIFFER.format(read=""),
    """
    CREATE TRIGGER photos_author AFTER UPDATE OF content ON photos WHEN new.content IS NOT old.content
    BEGIN UPDATE photos SET author = (SELECT person FROM events WHERE id = new.content) WHERE id = new.id; END
    """,
    f"""
    CREATE TRIGGER events_twice AFTER INSERT ON events WHEN new.track != 0 AND new.action != 'skip'
    BEGIN {_TWICE.format(event="new")}; END
    """,
    f"""
    CREATE TRIGGER events_edited AFTER INSERT ON events
    WHEN {_EDITS.format("new.")}
    BEGIN {_EDITED.format(event="new")}; END
    """,
    """
    CREATE INDEX photos_in_review ON photos (state, changed, priority, status, wrong, apart, twice, wmi, kind,
    tags, author, models)
    """,
    "CREATE INDEX photos_edited ON photos (edited) WHERE edited IS NOT NULL",
    "CREATE INDEX events_pace ON events (person, at, seconds) WHERE action IN ('label', 'reject')",
    """
    CREATE TABLE views (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        filters TEXT NOT NULL,
        person INTEGER NOT NULL REFERENCES people(id),
        at REAL NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE settled (
        alert TEXT PRIMARY KEY,
        person INTEGER NOT NULL REFERENCES people(id),
        at REAL NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE alike (
        one INTEGER NOT NULL REFERENCES photos(id),
        other INTEGER NOT NULL REFERENCES photos(id),
        PRIMARY KEY (one, other)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX alike_other ON alike (other)",
    "CREATE TABLE alike_seen (id INTEGER PRIMARY KEY CHECK (id = 1), photo INTEGER NOT NULL) STRICT",
    """
    CREATE TRIGGER photos_unlike AFTER UPDATE OF phash ON photos WHEN new.phash IS NULL
    BEGIN DELETE FROM alike WHERE new.id IN (one, other); END
    """,
)

SILENT_READERS = (
    "DROP TRIGGER photos_differ",
    _DIFFER.format(read=" AND vin IS NOT NULL"),
    "UPDATE photos SET apart = NULL WHERE read IS NULL AND apart IS NOT NULL",
)
"""Readers that read nothing neither agree nor differ."""


def apply(db: Database) -> None:
    """Add it all, and work it out for the photos that are there."""
    for statement in STATEMENTS:
        db.execute(statement)
    for key, prediction in db.execute(
        "SELECT id, prediction FROM photos WHERE prediction IS NOT NULL"
    ).fetchall():
        # Off and on again: the trigger does for old photos what it does for new ones.
        db.execute("UPDATE photos SET prediction = NULL WHERE id = ?", [key])
        db.execute("UPDATE photos SET prediction = ? WHERE id = ?", [prediction, key])
    db.execute("UPDATE photos SET author = (SELECT person FROM events WHERE id = photos.content)")
    for statement, which in ((_TWICE, "track != 0 AND action != 'skip'"), (_EDITED, _EDITS.format(""))):
        for (key,) in db.execute(f"SELECT id FROM events WHERE {which} ORDER BY id").fetchall():
            db.execute(_from(statement.format(event="e")), [key])


def _from(statement: str) -> str:
    """The trigger's statement for an event that is in the table already."""
    head, _, tail = statement.rpartition("WHERE id = e.photo")
    return f"{head} FROM (SELECT * FROM events WHERE id = ?) e WHERE photos.id = e.photo{tail}"
