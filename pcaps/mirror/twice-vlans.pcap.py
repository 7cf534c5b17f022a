#!/usr/bin/env python3
"""hl7/oru-monitor from a mirror of two VLANs between which a switch routes without touching the packet: each packet with tag 30, and 20 us later with tag 10."""
import spoil

spoil.write(q for p in spoil.capture("hl7/oru-monitor.pcap") for q in (spoil.tagged(p, 30), spoil.tagged(spoil.at(p, 20), 10)))
