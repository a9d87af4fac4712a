"""Long work as processes of their own: a row each in the store, one queue, signs of life.

``queue``: who is next, and starting it. ``process``: is that very process still there. ``runner``: what the
process does. ``progress``: how it tells how far it is. ``work``: the kinds of work.
"""
