#!/usr/bin/env python3
"""Both ends of MLLP with python-hl7's streams (hl7.mllp), where one answer is not enough.

  rooms.py commit PORT             MLLP release 2: a commit byte for each block, then what MSH-15 and MSH-16 ask for
  rooms.py batches PORT            answers a batch with a batch
  rooms.py send HOST PORT WAIT...  WAIT is N:CALL, a call of messages.py (or a literal) and the number of blocks that answer it
"""
import asyncio
import os
import sys
import time

import hl7
import hl7.mllp

sys.dont_write_bytecode = True
import messages  # noqa: E402

ACK, NAK = b"\x06", b"\x15"


def answer(message, code, text=""):
    ack = message.create_ack(code)
    return str(ack) + (text and text + "\r")


async def commit_room(reader, writer):
    while True:
        block = await reader.readblock()
        if block == b"":
            writer.writeblock(b"")  # a keep-alive is answered by one
            continue
        if not block.startswith(b"MSH"):
            writer.writeblock(NAK)
            continue
        writer.writeblock(ACK)
        message = hl7.parse(block.decode("ascii"))
        head = message.segment("MSH")
        accept, application = (str(head[i]) if len(head) > i else "" for i in (15, 16))
        bad = str(head[9]).startswith("ZZZ")
        if accept == "AL" or (accept == "ER" and bad):
            error = "ERR|||200^Unsupported message type^HL70357|E" if bad else ""
            writer.writeblock(answer(message, "CE" if bad else "CA", error).encode())
        if application == "AL" and not bad:
            await writer.drain()
            await asyncio.sleep(0.2)
            writer.writeblock(answer(message, "AA").encode())


async def batch_room(reader, writer):
    while True:
        text = (await reader.readblock()).decode("ascii")
        whole = hl7.parse_hl7(text)
        batches = list(whole) if isinstance(whole, hl7.File) else [whole]
        acks = [answer(m, "AA") for b in batches for m in b]
        head = f"BHS|^~\\&|ENGINE|EXAMPLEHOSP|LIS|EXAMPLEHOSP|{messages.stamp()}||ACKS||A{len(acks)}\r"
        writer.writeblock((head + "".join(acks) + f"BTS|{len(acks)}\r").encode())


async def serve(port, room):
    async def handle(reader, writer):
        try:
            await room(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
    server = await hl7.mllp.start_hl7_server(handle, host="0.0.0.0", port=port, encoding="ascii")
    async with server:
        await server.serve_forever()


async def send(host, port, calls):
    reader, writer = await hl7.mllp.open_hl7_connection(host, port)
    for call in calls:
        n, call = call.split(":", 1)
        content = eval(call, vars(messages))
        writer.writeblock(content)
        await writer.drain()
        for _ in range(int(n)):
            print(call, (await reader.readblock())[:60])
    writer.close()


def main(argv):
    if argv[0] == "commit":
        asyncio.run(serve(int(argv[1]), commit_room))
    elif argv[0] == "batches":
        asyncio.run(serve(int(argv[1]), batch_room))
    elif argv[0] == "send":
        asyncio.run(send(argv[1], int(argv[2]), argv[3:]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    os.environ.setdefault("TZ", "JST-9")
    time.tzset()
    main(sys.argv[1:])
