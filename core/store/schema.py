"""The tables, as migrations: each brings a store from one version to the next, the first from an empty file.

A migration that was released is never edited, only followed by another; ``tests/test_store_schema.py`` holds
their fingerprints. ``PRAGMA user_version`` counts them, so that opening costs one look (``migrate``).
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from core.store import schema_learning, schema_review

migrations = Migrations("labels")


@migrations()
def photos_and_annotations(db: Database) -> None:
    """People, photos, what the networks said, what people said."""
    _run(
        db,
        """
        CREATE TABLE people (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            key TEXT NOT NULL UNIQUE,
            roles TEXT NOT NULL,
            active INTEGER NOT NULL DEFAULT 1,
            created REAL NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE photos (
            id INTEGER PRIMARY KEY,
            sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
            phash TEXT,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            format TEXT NOT NULL,
            name TEXT NOT NULL,
            origin TEXT NOT NULL,
            region TEXT,
            vin_group TEXT,
            side TEXT CHECK (side IN ('train', 'val', 'gold')),
            added REAL NOT NULL,
            state TEXT NOT NULL DEFAULT 'open',
            version INTEGER NOT NULL DEFAULT 0,
            content INTEGER NOT NULL DEFAULT 0,
            vin TEXT,
            wmi TEXT,
            kind TEXT,
            tags TEXT,
            changed REAL NOT NULL,
            prediction INTEGER,
            models TEXT,
            status TEXT,
            confidence REAL
        ) STRICT
        """,
        """
        CREATE TABLE predictions (
            id INTEGER PRIMARY KEY,
            photo INTEGER NOT NULL REFERENCES photos(id),
            models TEXT NOT NULL,
            vin TEXT,
            status TEXT NOT NULL,
            confidence REAL NOT NULL,
            disagreement REAL NOT NULL,
            reading TEXT NOT NULL,
            milliseconds REAL NOT NULL,
            at REAL NOT NULL,
            UNIQUE (photo, models)
        ) STRICT
        """,
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            uid TEXT NOT NULL UNIQUE,
            photo INTEGER NOT NULL REFERENCES photos(id),
            track INTEGER NOT NULL DEFAULT 0,
            action TEXT NOT NULL CHECK (action IN
                ('label', 'approve', 'send_back', 'reject', 'skip', 'undo', 'restore', 'forget')),
            person INTEGER NOT NULL REFERENCES people(id),
            role TEXT NOT NULL,
            at REAL NOT NULL,
            seconds REAL NOT NULL DEFAULT 0,
            base INTEGER NOT NULL DEFAULT 0,
            undoes INTEGER,
            restores INTEGER,
            state TEXT NOT NULL,
            content INTEGER NOT NULL DEFAULT 0,
            prediction INTEGER REFERENCES predictions(id),
            text TEXT,
            quads TEXT,
            characters TEXT,
            kind TEXT,
            tags TEXT,
            reason TEXT,
            note TEXT
        ) STRICT
        """,
        "CREATE INDEX events_of_photo ON events (photo, track, id)",
        "CREATE INDEX events_of_person ON events (person, id)",
        "CREATE INDEX predictions_of_photo ON predictions (photo, id)",
        "CREATE INDEX photos_by_state ON photos (state, changed)",
        "CREATE INDEX photos_by_vin ON photos (vin)",
        "CREATE INDEX photos_by_maker ON photos (wmi, state)",
        "CREATE INDEX photos_by_kind ON photos (kind, state)",
        """
        CREATE TRIGGER events_stay BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'annotations are never changed; add an event instead'); END
        """,
    )


@migrations()
def queue(db: Database) -> None:
    """Leases, double labelling, gold photos, drafts, and the order of the queue."""
    _run(
        db,
        "ALTER TABLE photos ADD COLUMN priority REAL NOT NULL DEFAULT 0.5",
        "ALTER TABLE photos ADD COLUMN dice REAL NOT NULL DEFAULT 0.5",
        "ALTER TABLE photos ADD COLUMN gold INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE photos ADD COLUMN double INTEGER NOT NULL DEFAULT 0",
        """
        CREATE TABLE leases (
            photo INTEGER PRIMARY KEY REFERENCES photos(id),
            person INTEGER NOT NULL REFERENCES people(id),
            desk TEXT NOT NULL,
            taken REAL NOT NULL,
            until REAL NOT NULL
        ) STRICT
        """,
        "CREATE INDEX leases_of_person ON leases (person, until)",
        """
        CREATE TABLE blind (
            photo INTEGER NOT NULL REFERENCES photos(id),
            person INTEGER NOT NULL REFERENCES people(id),
            PRIMARY KEY (photo, person)
        ) STRICT
        """,
        """
        CREATE TABLE skips (
            photo INTEGER NOT NULL REFERENCES photos(id),
            person INTEGER NOT NULL REFERENCES people(id),
            PRIMARY KEY (photo, person)
        ) STRICT
        """,
        """
        CREATE TABLE drafts (
            photo INTEGER NOT NULL REFERENCES photos(id),
            person INTEGER NOT NULL REFERENCES people(id),
            draft TEXT NOT NULL,
            at REAL NOT NULL,
            PRIMARY KEY (photo, person)
        ) STRICT
        """,
        "CREATE INDEX photos_in_line ON photos (state, priority DESC)",
        "CREATE INDEX photos_by_dice ON photos (state, dice)",
        "CREATE INDEX photos_gold ON photos (dice) WHERE gold = 1",
    )
    # Photos of before get their place in the draw as new ones do.
    for key, sha256 in db.execute("SELECT id, sha256 FROM photos").fetchall():
        db.execute("UPDATE photos SET dice = ? WHERE id = ?", [dice_of(sha256), key])


@migrations()
def learning(db: Database) -> None:
    """What training needs and leaves behind: snapshots, runs, models, rounds."""
    _run(
        db,
        """
        CREATE TABLE snapshots (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            hash TEXT NOT NULL UNIQUE,
            left_hash TEXT NOT NULL,
            settings TEXT NOT NULL,
            counts TEXT NOT NULL,
            forgotten INTEGER NOT NULL DEFAULT 0,
            person INTEGER NOT NULL REFERENCES people(id),
            at REAL NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE snapshot_items (
            snapshot INTEGER NOT NULL REFERENCES snapshots(id),
            photo INTEGER NOT NULL REFERENCES photos(id),
            event INTEGER NOT NULL REFERENCES events(id),
            side TEXT NOT NULL CHECK (side IN ('train', 'val', 'gold')),
            vin_group TEXT NOT NULL,
            PRIMARY KEY (snapshot, photo)
        ) STRICT
        """,
        "CREATE INDEX snapshot_items_of_photo ON snapshot_items (photo)",
        "CREATE INDEX snapshot_items_of_event ON snapshot_items (event)",
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            snapshot INTEGER REFERENCES snapshots(id),
            person INTEGER REFERENCES people(id),
            config TEXT NOT NULL,
            metrics TEXT NOT NULL DEFAULT '{}',
            folder TEXT NOT NULL DEFAULT '',
            started REAL NOT NULL,
            ended REAL
        ) STRICT
        """,
        """
        CREATE TABLE models (
            sha256 TEXT PRIMARY KEY,
            network TEXT NOT NULL,
            card TEXT NOT NULL,
            run INTEGER REFERENCES runs(id),
            first_seen REAL NOT NULL,
            promoted REAL
        ) STRICT
        """,
        """
        CREATE TABLE rounds (
            id INTEGER PRIMARY KEY,
            run INTEGER REFERENCES runs(id),
            snapshot INTEGER REFERENCES snapshots(id),
            teacher TEXT NOT NULL,
            photos INTEGER NOT NULL,
            accepted INTEGER NOT NULL,
            figures TEXT NOT NULL DEFAULT '{}',
            at REAL NOT NULL
        ) STRICT
        """,
    )


@migrations()
def forgetting_and_finding(db: Database) -> None:
    """Events may be deleted for a photo that is being forgotten only; what was read is indexed."""
    _run(
        db,
        "CREATE TABLE erasing (photo INTEGER PRIMARY KEY) STRICT",
        """
        CREATE TRIGGER events_last BEFORE DELETE ON events
        WHEN NOT EXISTS (SELECT 1 FROM erasing WHERE photo = old.photo)
        BEGIN SELECT RAISE(ABORT, 'annotations are never deleted; forget the photo instead'); END
        """,
        "CREATE INDEX events_of_prediction ON events (prediction) WHERE prediction IS NOT NULL",
        "ALTER TABLE photos ADD COLUMN read TEXT",
        "UPDATE photos SET read = (SELECT vin FROM predictions WHERE id = photos.prediction)",
        "CREATE INDEX photos_by_read ON photos (read, vin) WHERE vin IS NULL",
        "CREATE INDEX photos_by_group ON photos (vin_group)",
        "CREATE INDEX events_blind ON events (photo) WHERE track != 0",
        "CREATE INDEX events_forget ON events (id) WHERE action = 'forget'",
        "CREATE INDEX photos_by_prediction ON photos (models, state)",
    )


@migrations()
def jobs(db: Database) -> None:
    """Runs as processes of their own: whose turn, how far, alive or not, and what somebody asked of them."""
    _run(db, *schema_learning.JOBS)


@migrations()
def champions(db: Database) -> None:
    """Who made which networks the champion, when, and on what grounds."""
    _run(db, *schema_learning.CHAMPIONS)


@migrations()
def labelling_rounds(db: Database) -> None:
    """Pseudo-labels with their evidence, and the audit that lets a round teach or withdraws it."""
    _run(db, *schema_learning.ROUNDS)


@migrations()
def reviewing(db: Database) -> None:
    """What the Review desk asks for: where label and reading differ, saved views, alerts."""
    schema_review.apply(db)


@migrations()
def silent_readers(db: Database) -> None:
    """Readers that read nothing neither agree nor differ."""
    _run(db, *schema_review.SILENT_READERS)


@migrations()
def taught_photos(db: Database) -> None:
    """What a run learnt from beside its snapshot, so that it is never taken for gold."""
    _run(db, *schema_learning.TAUGHT)


def dice_of(sha256: str) -> float:
    """A photo's own fair draw in 0..1: the same on every machine, known to nobody beforehand."""
    return int(sha256[:13], 16) / 16**13


def _run(db: Database, *statements: str) -> None:
    # One by one: executescript would commit the migration's transaction.
    for statement in statements:
        db.execute(statement)
