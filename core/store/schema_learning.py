"""Tables of training as jobs, promotions and labelling rounds; run by :mod:`core.store.schema`."""

from __future__ import annotations

JOBS = (
    "ALTER TABLE runs ADD COLUMN parent INTEGER REFERENCES runs(id)",
    "ALTER TABLE runs ADD COLUMN threads INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN progress REAL NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN told TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN wish TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN log TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN pid INTEGER",
    "ALTER TABLE runs ADD COLUMN born TEXT",
    "ALTER TABLE runs ADD COLUMN heartbeat REAL",
    "CREATE INDEX runs_by_state ON runs (state, id)",
)

CHAMPIONS = (
    """
    CREATE TABLE champions (
        id INTEGER PRIMARY KEY,
        action TEXT NOT NULL CHECK (action IN ('promote', 'roll_back')),
        release TEXT NOT NULL,
        networks TEXT NOT NULL,
        before TEXT NOT NULL,
        run INTEGER REFERENCES runs(id),
        person INTEGER NOT NULL REFERENCES people(id),
        grounds TEXT NOT NULL,
        at REAL NOT NULL
    ) STRICT
    """,
)

ROUNDS = (
    "ALTER TABLE rounds ADD COLUMN state TEXT NOT NULL DEFAULT 'noted'",
    "ALTER TABLE rounds ADD COLUMN target REAL NOT NULL DEFAULT 0",
    "ALTER TABLE rounds ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
    """
    CREATE TABLE pseudo_labels (
        round INTEGER NOT NULL REFERENCES rounds(id),
        photo INTEGER NOT NULL REFERENCES photos(id),
        text TEXT NOT NULL,
        quads TEXT NOT NULL,
        evidence TEXT NOT NULL,
        accepted INTEGER NOT NULL,
        audit INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (round, photo)
    ) STRICT
    """,
    "CREATE INDEX pseudo_labels_of_photo ON pseudo_labels (photo)",
    "CREATE INDEX pseudo_labels_audit ON pseudo_labels (round, photo) WHERE audit = 1",
    "CREATE INDEX rounds_by_state ON rounds (state)",
)

TAUGHT = (
    """
    CREATE TABLE taught (
        run INTEGER NOT NULL REFERENCES runs(id),
        photo INTEGER NOT NULL REFERENCES photos(id),
        PRIMARY KEY (run, photo)
    ) STRICT
    """,
    "CREATE INDEX taught_of_photo ON taught (photo)",
    # Of runs of before nothing is written down: whatever a round that could teach had accepted by their end.
    """
    INSERT INTO taught (run, photo)
    SELECT DISTINCT t.id, a.photo FROM pseudo_labels a JOIN rounds r ON r.id = a.round
    JOIN runs t ON t.kind LIKE 'train %' AND t.state = 'done' AND t.ended > r.at
    WHERE a.accepted = 1 AND a.audit = 0 AND r.state IN ('accepted', 'withdrawn')
    AND COALESCE(json_extract(t.metrics, '$.material.round'), json_extract(t.config, '$.rounds'), 0) > 0
    """,
    "UPDATE photos SET side = 'train' WHERE side IS NULL AND id IN (SELECT photo FROM taught)",
)
