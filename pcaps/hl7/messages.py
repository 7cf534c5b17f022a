"""HL7 v2 messages of invented senders about invented patients (all named CANARY), as bytes.

Segments end with CR (HL7 v2 chapter 2, 2.5.4). Japanese text in ISO-2022-JP declares MSH-18 `~ISO IR87`
(chapter 2, 2.14.9.18); several of its two-byte characters contain the bytes of
HL7 delimiters.
"""
import time

PID = "PID|1||CANARY0001^^^EXAMPLEHOSP^MR||CANARY^TARO||19600102|M|||1-2-3 EXAMPLE^^TOKYO^^100-0000^JPN"
PV1 = "PV1|1|I|ICU^BED07^1||||1234^ARZT^EXAMPLE"
VITALS = [
    ("147842^MDC_ECG_HEART_RATE^MDC", "264864^MDC_DIM_BEAT_PER_MIN^MDC", 72),
    ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "262688^MDC_DIM_PERCENT^MDC", 97),
    ("151562^MDC_RESP_RATE^MDC", "264928^MDC_DIM_RESP_PER_MIN^MDC", 16),
    ("150037^MDC_PRESS_BLD_NONINV_DIA^MDC", "266016^MDC_DIM_MMHG^MDC", 78),
    ("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "266016^MDC_DIM_MMHG^MDC", 121),
]


def stamp():
    return time.strftime("%Y%m%d%H%M%S")


def msh(sender, receiver, kind, control_id, version="2.5", rest=""):
    return (f"MSH|^~\\&|{sender}|EXAMPLEHOSP|{receiver}|EXAMPLEHOSP|{stamp()}||{kind}|{control_id}|P|{version}{rest}")


def join(segments, encoding="ascii"):
    return "".join(s + "\r" for s in segments).encode(encoding)


def oru(number, sender="MONGW", receiver="ENGINE"):
    """ORU^R01 of a monitor gateway: five vital signs that wander a little with the number."""
    now = stamp()
    segments = [msh(sender, receiver, "ORU^R01^ORU_R01", f"MON{number:05d}", "2.6", "|||AL|NE||UNICODE UTF-8"), PID, PV1,
                f"OBR|1|{number}^MONGW|{number}^MONGW|182777000^monitoring of patient^SCT|||{now}"]
    for i, (code, unit, base) in enumerate(VITALS):
        value = base + (number * (i + 3)) % 5
        segments.append(f"OBX|{i + 1}|NM|{code}|1.7.4.{i + 1}|{value}|{unit}|||||R|||{now}||||GWSN0042^^0009FBFFFE300020^EUI-64")
    return join(segments, "utf-8")


def adt(trigger, control_id, receiver="RIS"):
    return join([msh("HIS", receiver, f"ADT^{trigger}^ADT_A01", control_id), f"EVN|{trigger}|{stamp()}", PID,
                 "NK1|1|CANARY^HANAKO|SPO", PV1, "AL1|1|DA|PCN^PENICILLIN|SV|RASH"])


def adt_jis(control_id):
    """ADT^A08 with kanji and katakana names in ISO-2022-JP."""
    pid = "PID|0001||CANARY0002^^^^PI||金糸雀^太郎^^^^^L^I~キャナリー^タロウ^^^^^L^P||19600102|M|||^^東京都^^1000000^JPN^H^東京都港区本町１−２"
    return join([msh("HIS", "GW", "ADT^A08^ADT_A01", control_id, rest="||||||~ISO IR87||ISO 2022-1994"),
                 f"EVN||{stamp()}", pid, "PV1|0001|O|01^^^^^C", "AL1|1|DA^薬剤アレルギー^HL70127|1^ペニシリン^99XYZ"], "iso2022_jp")


def oru_jis(control_id):
    """ORU^R01 of a laboratory; the second bytes of several of its characters are | ^ \\ and ~."""
    return join([msh("LIS", "ENGINE", "ORU^R01^ORU_R01", control_id, rest="||||||~ISO IR87||ISO 2022-1994"),
                 "PID|0001||CANARY0002^^^^PI||金糸雀^太郎^^^^^L^I~キャナリー^タロウ^^^^^L^P",
                 "OBR|1|1|1|3B015000002327101^血糖検査^JC10",
                 "OBX|1|NM|3D010000001926101^血糖(グルコース)^JC10||108|mg/dL|70-109|N|||F",
                 "NTE|1||急変時は日本糖尿病学会の指針を参照"], "iso2022_jp")


def adt_utf8(control_id):
    return join([msh("HIS", "RIS", "ADT^A01^ADT_A01", control_id, rest="||||||UNICODE UTF-8"), f"EVN|A01|{stamp()}",
                 "PID|1||CANARY0003^^^EXAMPLEHOSP^MR||金糸雀^花子^^^^^L^I~キャナリー^ハナコ^^^^^L^P||19700304|F", PV1], "utf-8")


def bad_type(control_id):
    """A message type that no receiver knows."""
    return join([msh("HIS", "RIS", "ZZZ^Z99", control_id), PID])


def bad_patient(control_id):
    """No patient id: PID-3 is required, the receiver answers AE."""
    return join([msh("HIS", "RIS", "ADT^A01^ADT_A01", control_id), f"EVN|A01|{stamp()}", "PID|1||||CANARY^NOID", PV1])
