#!/usr/bin/env python3
"""hl7/oru-monitor from a mirror port that copies only what the gateway sends: the acknowledgements are not seen."""
import spoil

ALL = spoil.capture("hl7/oru-monitor.pcap")
CLIENT = next(spoil.source(p) for p in ALL if spoil.is_tcp(p))
spoil.write(p for p in ALL if not spoil.is_ip(p) or spoil.source(p) == CLIENT)
