"""How the Review desk calls things."""

from __future__ import annotations

STATES = {
    "disputed": "Two labels differ",
    "labelled": "Labelled",
    "second": "Second wanted",
    "returned": "Sent back",
    "approved": "Approved",
    "rejected": "Rejected",
    "open": "Not labelled",
}
KINDS = {
    "disputed": "bad", "labelled": "plain", "second": "plain", "returned": "odd", "approved": "good",
    "rejected": "odd", "open": "plain",
}  # fmt: skip
STATUSES = {
    "accepted": "Accepted",
    "review": "To review",
    "retake": "Retake",
    "no_vin": "No VIN",
    "error": "Error",
}
COMPARED = {
    "model": "Model and label",
    "readers": "The two readers",
    "labels": "Two labellers",
}
WAYS = {"differ": "differ", "agree": "agree"}
ORDERS = {"failures": "Failures first", "newest": "Newest first", "oldest": "Oldest first"}
DONE = {
    "label": "labelled", "approve": "approved", "send_back": "sent back", "reject": "rejected",
    "skip": "skipped", "undo": "took back", "restore": "restored", "forget": "forgot",
}  # fmt: skip
