#!/usr/bin/env python3
"""hl7/adt from a mirror where requests carry VLAN 30 and answers VLAN 10: one connection all the same."""
import spoil

spoil.write(spoil.tagged(p, 10 if spoil.is_tcp(p) and spoil.port(p) == 2575 else 30) for p in spoil.capture("hl7/adt.pcap"))
