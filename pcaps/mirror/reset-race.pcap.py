#!/usr/bin/env python3
"""mirror/port-reuse where the first connection's reset overtakes the last acknowledgement of the server: it comes after the reset, on the connection that is over."""
import spoil

ALL = spoil.capture("mirror/port-reuse.pcap")
RST = next(i for i, p in enumerate(ALL) if spoil.is_tcp(p) and p[1][spoil.fields(p)[0] + 13] & 4)
LAST = max(i for i in range(RST) if spoil.is_tcp(ALL[i]) and spoil.port(ALL[i]) == 2575 and spoil.payload(ALL[i]))
ORDER = [i for i in range(len(ALL)) if i != RST]
ORDER.insert(ORDER.index(LAST), RST)
spoil.write([ALL[k][0]] + ALL[i][1:] for k, i in enumerate(ORDER))
