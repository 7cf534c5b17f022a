#!/usr/bin/env python3
"""dicom/echo from a mirror of both sides of a router: each packet, and 60 us later as the router passed it on, with other MAC addresses and TTL - 1."""
import spoil

ROUTER = "00:00:5e:00:01:01", "00:00:5e:00:01:02"


def both(p):
    return (p, spoil.routed(spoil.at(p, 60), *ROUTER)) if spoil.is_ip(p) else (p,)


spoil.write(q for p in spoil.capture("dicom/echo.pcap") for q in both(p))
