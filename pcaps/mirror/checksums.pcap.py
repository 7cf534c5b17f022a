#!/usr/bin/env python3
"""hl7/nak as recorded on a host that leaves checksums to its network card: what the host sends has unfinished TCP checksums."""
import spoil

spoil.write(spoil.resealed(p, lambda s: None, offloaded=True) if spoil.is_tcp(p) and spoil.port(p) == 2575 else p
            for p in spoil.capture("hl7/nak.pcap"))
