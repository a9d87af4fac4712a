"""The label store: photos, what the networks and the people said of them, and whose turn it is.

``connect``: the way to ``labels.db``. ``schema``, ``migrate``: its tables, as migrations. ``people``: roles
and rights. ``photos``, ``files``: photos and their bytes. ``predictions``, ``batch``: readings, one by one
and by the thousand. ``content``, ``entries``: what is said of a photo and known of it. ``annotations``,
``review``, ``history``, ``drafts``, ``forget``: how it is saved and taken back. ``queue``, ``leases``,
``agreement``: whose turn it is, and how far people agree. ``selection``, ``confusions``, ``clusters``,
``bulk``, ``audit``, ``alerts``, ``figures``, ``views``: what the Review desk asks. ``measured``: what the
Measure desk asks. ``groups``, ``snapshots``, ``items``, ``ledger``: what training takes and leaves.
``exchange``: formats of others. ``backup``: copies and checks.

Everything takes a :class:`Store` first, and raises the errors of ``errors`` only. docs/store.md tells more.
"""

from core.store.connect import Store, database_path, home_folder
from core.store.content import Character, Content, Draft
from core.store.entries import Event, PhotoEntry
from core.store.errors import Busy, Conflict, Gone, NotAllowed, Refused, StoreError, Unwritable

__all__ = [
    "Busy",
    "Character",
    "Conflict",
    "Content",
    "Draft",
    "Event",
    "Gone",
    "NotAllowed",
    "PhotoEntry",
    "Refused",
    "Store",
    "StoreError",
    "Unwritable",
    "database_path",
    "home_folder",
]
