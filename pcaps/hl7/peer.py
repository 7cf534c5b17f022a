#!/usr/bin/env python3
"""The two ends of an MLLP connection, both python-hl7 (hl7.mllp server, hl7.client MLLPClient).

  peer.py server PORT             AA; AE when PID-3 is empty; AR for an unknown message type
  peer.py send HOST PORT CALL...  messages.py calls such as adt('A01','MSG1'), over one connection
  peer.py paced HOST PORT SECONDS CALL...   the same with a pause after each
  peer.py ward HOST PORT FIFO     sends one oru() for each line that the FIFO gives, over one connection
"""
import asyncio
import os
import sys
import time

import hl7
import hl7.mllp
from hl7.client import MLLPClient

sys.dont_write_bytecode = True
import messages  # noqa: E402


def verdict(message):
    if str(message.segment("MSH")[9]).startswith("ZZZ"):
        return "AR"
    try:
        return "AA" if str(message.segment("PID")[3]) else "AE"
    except KeyError:  # this kind of message is about no patient
        return "AA"


async def handle(reader, writer):
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            writer.writemessage(message.create_ack(verdict(message)))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def serve(port):
    server = await hl7.mllp.start_hl7_server(handle, host="0.0.0.0", port=port, encoding="latin-1")
    async with server:
        await server.serve_forever()


def send(host, port, calls, pause=0.05):
    with MLLPClient(host, port) as client:
        for call in calls:
            answer = client.send_message(eval(call, vars(messages)))
            print(call, answer.split(b"\r")[1].decode("latin-1"))
            time.sleep(pause)


def ward(host, port, fifo):
    number = 0
    with MLLPClient(host, port) as client, open(fifo, encoding="ascii") as lines:
        for _ in lines:
            number += 1
            client.send_message(messages.oru(number))


def main(argv):
    if argv[0] == "server":
        asyncio.run(serve(int(argv[1])))
    elif argv[0] == "send":
        send(argv[1], int(argv[2]), argv[3:])
    elif argv[0] == "paced":
        send(argv[1], int(argv[2]), argv[4:], float(argv[3]))
    elif argv[0] == "ward":
        ward(argv[1], int(argv[2]), argv[3])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    os.environ.setdefault("TZ", "JST-9")
    time.tzset()
    main(sys.argv[1:])
