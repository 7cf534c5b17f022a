#!/usr/bin/env python3
"""hl7/mllp-pieces over aggregated links whose copies overtake each other: of each four packets the second comes last."""
import spoil

ALL = spoil.capture("hl7/mllp-pieces.pcap")
ORDER = [i for at in range(0, len(ALL), 4) for i in (at, at + 2, at + 3, at + 1) if i < len(ALL)]
spoil.write([ALL[k][0]] + ALL[i][1:] for k, i in enumerate(ORDER))
