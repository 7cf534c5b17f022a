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


# ---- what the messages below have in common: versions, software, acknowledgement modes, profiles ----------------------

SFT = "SFT|Example Medical Software^L|4.2.1|Ward Gateway|WG-4.2.1-77"


def oru_devices(control_id, ahead_s=0):
    """ORU^R01 that names the sender's software (SFT), a token (UAC) and a pump (PRT-10, PRT-16, PRT-20); the sender's
    clock may be ahead, and tells its zone."""
    stamped = time.strftime("%Y%m%d%H%M%S+0900", time.localtime(time.time() + ahead_s))
    msh_ = (f"MSH|^~\\&#|PUMPGW|EXAMPLEHOSP|ENGINE|EXAMPLEHOSP|{stamped}||ORU^R01^ORU_R01|{control_id}|P|2.7|7||AL|AL|JPN|"
            "UNICODE UTF-8|ja^Japanese^ISO639||DEVICES^EXAMPLE|Example Hospital^L|Example Engine^L|10.10.30.20:1024|10.10.10.20:2575")
    return join([msh_, SFT, "UAC|KERB^Kerberos^HL70615|invented-token", PID, PV1,
                 "OBR|1|P1^PUMPGW|P1^PUMPGW|182777000^monitoring of patient^SCT",
                 "OBX|1|NM|157985^MDC_FLOW_FLUID_PUMP^MDC|1.1.1.1|12.5|265266^MDC_DIM_MILLI_L_PER_HR^MDC|||||R",
                 "PRT|1|UC||EQUIP^Equipment^HL70912||||||PUMP12^EXAMPLE^0009FBFFFE30000C^EUI-64||||||"
                 "(01)04512345678906(21)SN-0012|20240401|20340401|LOT7|SN-0012||INFUSION PUMP"], "utf-8")


def esu(control_id):
    """ESU^U01: equipment of laboratory automation tells its state (EQU-1)."""
    return join([msh("LAS", "LIS", "ESU^U01^ESU_U01", control_id), f"EQU|ANALYZER5^LAB^00E0D8FFFE000105^EUI-64|{stamp()}|OP^Operational^HL70365|L^Local^HL70366|N^Normal^HL70367"])


PROFILES = {"PCD-01": "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO",
            "PCD-03": "IHE_PCD_PIV_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.3.1^ISO",
            "PCD-04": "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO",
            "PCD-10": "IHE_PCD_IPEC_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.10.1^ISO"}


def pcd_msh(sender, receiver, kind, control_id, transaction, version="2.6", acks="AL|NE"):
    return (f"MSH|^~\\&|{sender}^0009FBFFFE300020^EUI-64|EXAMPLEHOSP|{receiver}|EXAMPLEHOSP|{time.strftime('%Y%m%d%H%M%S+0900')}||"
            f"{kind}|{control_id}|P|{version}|||{acks}|JPN|UNICODE UTF-8|ja||{PROFILES[transaction]}")


def pcd01(control_id):
    return join([pcd_msh("MONGW", "ENGINE", "ORU^R01^ORU_R01", control_id, "PCD-01"), PID, PV1,
                 "OBR|1|1^MONGW|1^MONGW|69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|||" + stamp(),
                 "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||MON0007^^0009FBFFFE300007^EUI-64",
                 "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|97|262688^MDC_DIM_PERCENT^MDC|||||R"], "utf-8")


def pcd03(control_id):
    """RGV^O15: the order of an infusion goes to the pump server."""
    return join([pcd_msh("BCMA", "PUMPSRV", "RGV^O15^RGV_O15", control_id, "PCD-03", "2.5", "AL|ER"), PID, PV1,
                 "ORC|RE|ORD0001^BCMA|||||||" + stamp(), "RXG|1|||2000001^NORADRENALINE^99XYZ|250||263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM||||||||10|265266^MDC_DIM_MILLI_L_PER_HR^MDC^mL/h^mL/h^UCUM",
                 "RXR|IV", "OBX|1||69986^MDC_DEV_PUMP_INFUS_VMD^MDC||||||||X|||||||PUMP12^^0009FBFFFE30000C^EUI-64",
                 "OBX|2|NM|68063^MDC_ATTR_PT_WEIGHT^MDC||62|263875^MDC_DIM_KILO_G^MDC"], "utf-8")


def pcd10(control_id):
    """ORU^R42: an event of the pump."""
    return join([pcd_msh("PUMPSRV", "BCMA", "ORU^R42^ORU_R42", control_id, "PCD-10"), PID, PV1,
                 "OBR|1|ORD0001^BCMA|1^PUMPSRV|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||" + stamp(),
                 "OBX|1|CWE|68480^MDC_ATTR_ALERT_SOURCE^MDC|1.1.0.0|69986^MDC_DEV_PUMP_INFUS_VMD^MDC||||||R|||||||PUMP12^^0009FBFFFE30000C^EUI-64",
                 "OBX|2|CWE|0^MDCX_PUMP_EVENT^MDC|1.1.1.1|0^MDC_EVT_PUMP_DELIV_START^MDC||||||R"], "utf-8")


def pcd04(control_id):
    """ORU^R40: an alarm goes to the alert manager."""
    return join([pcd_msh("MONGW", "ALERTMGR", "ORU^R40^ORU_R40", control_id, "PCD-04"), PID, PV1,
                 "OBR|1|1^MONGW|1^MONGW|196616^MDC_EVT_ALARM^MDC|||" + stamp(),
                 "OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.3.1.150456.1|196648^MDC_EVT_LO^MDC|||L~PM~SP|||F|||||||MON0007^^0009FBFFFE300007^EUI-64",
                 "OBX|2|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.3.1.150456.2|start||||||F",
                 "OBX|3|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.3.1.150456.3|active||||||F"], "utf-8")


def pcd05(control_id):
    """ORA^R41: what became of the alarm."""
    return join([pcd_msh("ALERTMGR", "MONGW", "ORA^R41^ORA_R41", control_id, "PCD-04"), "PRT|1|UC||AAP^Alert Acknowledging Provider^HL70912",
                 "OBX|1|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1|end||||||F"], "utf-8")


def mode(control_id, accept, application, kind="ADT^A08^ADT_A01"):
    """An ADT that says which acknowledgements it wants (MSH-15, MSH-16)."""
    return join([msh("HIS", "ENGINE", kind, control_id, rest=f"|||{accept}|{application}"), f"EVN|A08|{stamp()}", PID])


def batch(control_id, n, declared=None):
    """BHS, n messages, BTS."""
    return (join([f"BHS|^~\\&|LIS|EXAMPLEHOSP|ENGINE|EXAMPLEHOSP|{stamp()}||LAB RESULTS|nightly|{control_id}"])
            + b"".join(oru_lab(f"{control_id}-{i}") for i in range(n)) + join([f"BTS|{n if declared is None else declared}"]))


def batch_file(control_id, sizes):
    """FHS, batches, FTS."""
    return (join([f"FHS|^~\\&|LIS|EXAMPLEHOSP|ENGINE|EXAMPLEHOSP|{stamp()}|invented-secret|RESULTS.HL7||{control_id}"])
            + b"".join(batch(f"{control_id}{i}", n) for i, n in enumerate(sizes)) + join([f"FTS|{len(sizes)}"]))


def oru_lab(control_id):
    return join([msh("LIS", "ENGINE", "ORU^R01^ORU_R01", control_id), PID, "OBR|1|L1|L1|3D0100000^GLUCOSE^JC10",
                 "OBX|1|NM|3D010000001926101^GLUCOSE^JC10||108|mg/dL|70-109|N|||F"])


# ---- Japan: character sets and conventions --------------------------------------------------------------------------

SSMIX2 = "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO"
JIS_PID = "PID|0001||CANARY0002^^^^PI||金糸雀^太郎^^^^^L^I~キャナリー^タロウ^^^^^L^P~CANARY^TARO^^^^^L^A||19600102|M"


def ssmix2(control_id):
    """ADT^A08 as SS-MIX2 stores it, between facilities with Japanese names: 東京 and 表 hold delimiters."""
    return join([msh("電子カルテ", "部門", "ADT^A08^ADT_A01", control_id, rest=f"|||||JPN|~ISO IR87||ISO 2022-1994|{SSMIX2}")
                 .replace("EXAMPLEHOSP", "東京本院"), f"EVN||{stamp()}", JIS_PID, "PV1|0001|O|01^^^^^C"], "iso2022_jp")


def disease(control_id):
    """PPR^ZD1 of the JAHIS disease standard."""
    return join([msh("HIS", "GW", "PPR^ZD1^PPR_ZD1", control_id, rest="|||||JPN|~ISO IR87||ISO 2022-1994"), JIS_PID,
                 "PRB|AD|20260105|20089999^病名^MDCDX2", "ZPR|0001"], "iso2022_jp")


def jis0212(control_id):
    """A facility whose name has a character of JIS X 0212."""
    return join([msh("HIS", "GW", "ADT^A08^ADT_A01", control_id, rest="||||||~ISO IR87~ISO IR159||ISO 2022-1994")
                 .replace("EXAMPLEHOSP", "丂病院"), JIS_PID], "iso2022_jp_1")


def kana8(control_id):
    """8-bit katakana of JIS X 0201 (ISO IR14)."""
    return join([msh("ｼﾞｭｼﾝ", "ﾌﾞﾓﾝ", "ADT^A08^ADT_A01", control_id, rest="||||||ISO IR14"),
                 "PID|1||CANARY0002||ｷｬﾅﾘｰ^ﾀﾛｳ"], "shift_jis")


def unlabelled(control_id, encoding):
    """Kanji and katakana in Shift_JIS or EUC-JP without a word about it."""
    return join([msh("電子カルテ", "部門システム", "ADT^A08^ADT_A01", control_id), JIS_PID], encoding)


def latin(control_id):
    """ISO 8859/15 in the name of a facility."""
    return join([msh("HIS", "GW", "ADT^A08^ADT_A01", control_id, rest="||||||8859/15").replace("EXAMPLEHOSP", "Hôpital €"), PID], "iso8859-15")
