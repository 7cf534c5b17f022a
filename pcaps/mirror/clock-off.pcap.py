#!/usr/bin/env python3
"""hl7/clocks by a recorder whose own clock is four minutes ahead: all that send are behind it alike, but for the two whose clocks are wrong."""
import spoil

spoil.write([spoil.at(p, 240 * spoil.S) for p in spoil.capture("hl7/clocks.pcap")])
