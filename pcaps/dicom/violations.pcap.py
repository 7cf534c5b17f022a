#!/usr/bin/env python3
"""DICOM that breaks the rules, one connection each: PDU lengths and order, contexts, AE titles, commands, data sets, roles."""
import struct

import pdus
from pdus import (CT, C_ECHO, C_STORE, DATA, FIND, MR, N_EVENT, RELEASE, RESPONSE, VERIFICATION, answer, associate,
                  command, element, image, item, offer, opened, p_data, pdu, pdv, user, whole)

ECHO = (True, whole(1, C_ECHO, 1, VERIFICATION))
ECHOED = (False, whole(1, C_ECHO | RESPONSE, 1, VERIFICATION))
STORE = whole(1, C_STORE, 1, CT, DATA)
OPEN = opened(VERIFICATION)
OPEN_CT = opened(CT)

pdus.wire.Pcap(pdus.wire.ETHERNET).write(pdus.connections(
    # PDUs: a type that does not exist, a length that cannot be, P-DATA-TF larger than the receiver takes
    OPEN + [(True, pdu(9, bytes(4))), ECHO, ECHOED] + RELEASE,
    OPEN + [ECHO, ECHOED, (True, pdu(5, bytes(6))), (False, pdu(6, bytes(4)))],
    [OPEN_CT[0], (False, associate(2, answer(1), user(max_pdu=300))), (True, STORE), (True, p_data(pdv(1, 2, image(1))))] +
    RELEASE,
    # order: an answer to no request, data before the acceptance, after the release was asked for and after the abort
    OPEN + [(False, pdu(6, bytes(4)))],
    [OPEN[0], ECHO, OPEN[1], ECHOED] + RELEASE,
    OPEN + [RELEASE[0], ECHO, RELEASE[1]],
    OPEN + [(True, pdu(7, bytes(4))), ECHO],
    OPEN + [ECHO, ECHOED] + OPEN + RELEASE,
    # PDVs: no such context, an even one, a length beyond the PDU, control bits that are not defined
    OPEN + [(True, p_data(pdv(3, 3, command(C_ECHO, 1, VERIFICATION)))), ECHOED] + RELEASE,
    OPEN + [(True, p_data(pdv(2, 3, command(C_ECHO, 1, VERIFICATION))))] + RELEASE,
    OPEN + [(True, p_data(struct.pack(">IBB", 400, 1, 3) + command(C_ECHO, 1, VERIFICATION))), ECHO, ECHOED] + RELEASE,
    OPEN + [(True, p_data(pdv(1, 0x83, command(C_ECHO, 1, VERIFICATION)))), ECHOED] + RELEASE,
    # contexts: offered twice, answered without offer; UIDs that are none; titles that are none
    [(True, associate(1, offer(1, VERIFICATION), offer(1, CT), user())), (False, associate(2, answer(1), answer(5), user()))],
    [(True, associate(1, offer(1, "1.2.840.CANARY"), user())), (False, associate(2, answer(1, 3), user()))],
    [(True, associate(1, offer(1, VERIFICATION), user(), called=b"PACS\x07\\1", calling=b"")), (False, pdu(3, b"\0\1\1\7"))],
    [(True, associate(1, offer(1, VERIFICATION), user(item(0x54, struct.pack(">H", 90) + b"1.2")))), (False, pdu(3, b"\0\2\3\2"))],
    # commands: an unknown one, one without its elements, a move destination that is too long for an AE title
    OPEN + [(True, whole(1, 0x0666, 1, VERIFICATION))] + RELEASE,
    OPEN + [(True, p_data(pdv(1, 3, element(0, struct.pack("<I", 10)) + element(0x0100, C_ECHO))))] + RELEASE,
    OPEN + [(True, p_data(pdv(1, 3, command(C_ECHO, 1, VERIFICATION)[:-3])))] + RELEASE,
    opened(FIND) + [(True, p_data(pdv(1, 3, command(0x0021, 1, FIND) + element(0x0600, "A-MUCH-TOO-LONG-TITLE "))))] + RELEASE,
    OPEN + [(False, whole(1, C_ECHO | RESPONSE, 77, VERIFICATION)), ECHO, ECHOED] + RELEASE,
    # more contexts in turn than one direction can need
    opened(CT, MR, FIND) + [(True, b"".join(p_data(pdv(c, 1, command(C_STORE, c, CT, DATA)[:40])) for c in (1, 3, 5)))] +
    RELEASE,
    # data sets: none where one is announced, one where none is, tags that do not ascend, one that stops inside
    opened(CT, MR) + [(True, STORE), (True, STORE), (True, p_data(pdv(1, 2, image(2))))] + RELEASE,
    OPEN + [ECHO, ECHOED, (True, p_data(pdv(1, 2, image(1))))] + RELEASE,
    OPEN_CT + [(True, STORE), (True, p_data(pdv(1, 2, b"".join(
        element(t, "CANARY") for t in (0x00100010, 0x00080070, 0x00080060, 0x00080050, 0x00080008)))))] + RELEASE,
    OPEN_CT + [(True, STORE), (True, p_data(pdv(1, 2, image(3)[:110])))] + RELEASE,
    # roles: the archive stores although nobody gave it leave; a client reports
    OPEN_CT + [(False, STORE), (False, p_data(pdv(1, 2, image(4)))), (True, whole(1, C_STORE | RESPONSE, 1, CT))] + RELEASE,
    opened(pdus.COMMIT) + [(True, whole(1, N_EVENT, 1, pdus.COMMIT, more=element(0x1002, 1)))] + RELEASE,
))
