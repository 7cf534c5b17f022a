#!/usr/bin/env python3
"""Legal DICOM that few programs send: command sets in fragments, PDVs of two contexts in turn, several in a PDU, empty last
fragments, a release collision, every kind of negotiation, and a connection that is joined in the middle."""
import struct

import pdus
from pdus import (CT, C_ECHO, C_STORE, DATA, GET, MR, RELEASE, RESPONSE, VERIFICATION, answer, associate, command, image, item,
                  offer, opened, p_data, pdu, pdv, role, sized, user, whole)


def pieces(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


def fragments(context, kind, data, size):
    """PDVs of at most `size` bytes; kind 1 = command, 0 = data."""
    parts = pieces(data, size)
    return [pdv(context, kind | (2 if n == len(parts) - 1 else 0), p) for n, p in enumerate(parts)]


one = fragments(1, 1, command(C_STORE, 1, CT, DATA), 30) + fragments(1, 0, image(1), 120)
two = fragments(3, 1, command(C_STORE, 2, MR, DATA), 50) + fragments(3, 0, image(2, "金糸雀^太郎".encode("iso2022_jp")), 90)
in_turn = [x for n in range(max(len(one), len(two))) for x in (one[n:n + 1] + two[n:n + 1])]
stored = [(False, whole(1, C_STORE | RESPONSE, 1, CT) + whole(3, C_STORE | RESPONSE, 2, MR))]
window = item(0x53, struct.pack(">HH", 8, 2))
extended = item(0x56, sized(GET) + b"\1\1\1")
common = item(0x57, sized(CT) + sized("1.2.840.10008.4.2") + struct.pack(">H", 2 + len(MR)) + sized(MR))
identity = item(0x58, b"\4\1" + sized("CANARY assertion") + sized(""))

late = [None, (True, p_data(pdv(1, 2, image(4)[60:]))), (False, whole(1, C_STORE | RESPONSE, 4, CT)),
        (True, whole(1, C_STORE, 5, CT, DATA)), (True, p_data(pdv(1, 2, image(5)))),
        (False, whole(1, C_STORE | RESPONSE, 5, CT))] + RELEASE

pdus.wire.Pcap(pdus.wire.ETHERNET).write(pdus.connections(
    # two messages at a time on two contexts, each PDV in a PDU of its own
    opened(CT, MR, more=[window]) + [(True, b"".join(p_data(x) for x in in_turn))] + stored + RELEASE,
    # the same with all PDVs in one PDU, and last fragments that are empty
    opened(CT, MR) + [(True, p_data(*one[:-1], pdv(1, 0, one[-1][6:]), pdv(1, 2, b""), *two))] + stored + RELEASE,
    # both sides ask for the release
    opened(VERIFICATION) + [(True, whole(1, C_ECHO, 1, VERIFICATION)), (False, whole(1, C_ECHO | RESPONSE, 1, VERIFICATION)),
                            (True, pdu(5, bytes(4))), (False, pdu(5, bytes(4))), (True, pdu(6, bytes(4))),
                            (False, pdu(6, bytes(4)))],
    # every negotiation, and an unknown item in the user information
    [(True, associate(1, offer(1, GET), offer(3, CT, pdus.IMPLICIT, "1.2.840.10008.1.2.1"), user(
        window, role(CT, 0, 1), extended, common, identity, item(0x7e, b"unknown"), max_pdu=0))),
     (False, associate(2, answer(1), answer(3, 0, "1.2.840.10008.1.2.1"), user(
         item(0x53, struct.pack(">HH", 1, 1)), role(CT, 0, 1), extended, item(0x59, sized("")), max_pdu=65536)))] + RELEASE,
    # the provider refuses for now, and the provider breaks off
    [(True, associate(1, offer(1, VERIFICATION), user())), (False, pdu(3, b"\0\2\3\1"))],
    opened(VERIFICATION) + [(False, pdu(7, b"\0\0\2\1"))],
    late,
))
