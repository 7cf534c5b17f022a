#!/usr/bin/env python3
"""hl7/oru-monitor recorded with a snap length of 96 bytes: the messages are cut, their lengths are known."""
import spoil

spoil.write([t, f[:96], n] for t, f, n in spoil.capture("hl7/oru-monitor.pcap"))
