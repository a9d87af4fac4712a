"""What readings are worth, from ``labels.db``: cases in, figures with their intervals out.

``cases``: which reading of which photo counts. ``figures``: exact match and CER, in all and by groups, over
time. ``confused``: characters that are mixed up. ``certainty``: whether the probability holds, and what
accepting by it costs. ``pace``: times of stages and of labels. ``distance``: how far two texts are apart.
docs/measure-desk.md gives every definition.
"""
