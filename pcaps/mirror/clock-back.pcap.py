#!/usr/bin/env python3
"""hl7/adt-utf8 and hl7/nak by a recorder whose clock is set back by an hour in the middle of the first connection."""
import spoil

ALL = spoil.capture("hl7/adt-utf8.pcap")
NEXT = spoil.capture("hl7/nak.pcap")
HALF = next(i for i, p in enumerate(ALL) if spoil.is_tcp(p) and len(spoil.payload(p)) > 0)
AFTER = ALL[-1][0] - NEXT[0][0] + spoil.S
spoil.write([p if i <= HALF else spoil.at(p, -3600 * spoil.S) for i, p in enumerate(ALL)] +
            [spoil.at(p, AFTER - 3600 * spoil.S) for p in NEXT])
