#!/usr/bin/env python3
"""Makes the golden captures of testdata/pcaps/gsmmap.

Real captures of short messages hold subscribers' identities, so these are
encoded, and by encoders that know nothing of this project:

    pycrate   TCAP and MAP from the ASN.1 of TS 29.002 (versions 2 and 3), SCCP,
              short message TPDUs (https://github.com/pycrate-org/pycrate)
    scapy     IPv4, SCTP

M3UA, M2UA, M2PA, MTP2 and MTP3 headers and the pcap files are written here. All
numbers are from ranges set aside for tests and fiction: MCC 001, +44 7700 900xxx,
+1 202 555 01xx. Nothing depends on the time or on chance: the same files come out
each time.

    PYTHONPATH=where/pycrate/is python3 testdata/lab/gsmmap.py testdata/pcaps [NAME...]

It rewrites the files and their lines in MANIFEST; without pycrate or scapy it
says so and changes nothing.
"""

import hashlib
import os
import struct
import sys

try:
    from pycrate_asn1dir import TCAP_MAPv2v3
    from pycrate_mobile import SCCP, TS23040_SMS as SMS
    import scapy
    from scapy.layers.inet import IP, UDP
    from scapy.layers.sctp import (SCTP, SCTPChunkAbort, SCTPChunkData, SCTPChunkInit, SCTPChunkInitAck,
                                   SCTPChunkParamIPv4Addr, SCTPChunkSACK)
    from scapy.packet import Raw
except ImportError as missing:
    sys.exit("gsmmap.py: %s: pycrate and scapy are needed" % missing)

EPOCH = 1_700_000_000
MS = 1_000_000  # ns
S = 1000 * MS

# Link types.
RAW, MTP2_PHDR, MTP2, MTP3, SCCP_LINK, EXPORTED = 101, 139, 140, 141, 142, 252

# Nodes (global titles) and subscribers.
SC, SC2, GMSC = "447700900100", "447700900101", "447700900150"
MSC, MSC2, HLR, SMS_IWMSC = "447700900200", "447700900201", "447700900300", "447700900400"
FOREIGN = "12025550100"
SME = "447700900777"


def imsi(n):
    return "0010100%08d" % n


def msisdn(n):
    return "4477009005%02d" % n


# ---- octets ----

def bcd(digits, filler=0xF):
    """Digits, low nibble first (TBCD)."""
    out = bytearray()
    for i in range(0, len(digits), 2):
        high = int(digits[i + 1]) if i + 1 < len(digits) else filler
        out.append(int(digits[i]) | high << 4)
    return bytes(out)


def number(digits):
    """An international E.164 AddressString."""
    return b"\x91" + bcd(digits)


# ---- TCAP and MAP, by pycrate ----

MESSAGE = TCAP_MAPv2v3.TCAP_MAP_Messages.TCAP_MAP_Message
EMPTY = object()


def encode(value):
    MESSAGE.set_val(value)
    return MESSAGE.to_ber()


def context(family, version):
    return (0, 4, 0, 0, 1, 0, family, version)


def portion(kind, body):
    return {"direct-reference": (0, 0, 17, 773, 1, 1, 1), "encoding": ("single-ASN1-type", ("DialoguePDU", (kind, body)))}


def aarq(ac):
    return portion("dialogueRequest", {"application-context-name": ac})


def aare(ac):
    return portion("dialogueResponse", {"application-context-name": ac, "result": 0,
                                        "result-source-diagnostic": ("dialogue-service-user", 0)})


def refusal(ac):
    return portion("dialogueResponse", {"application-context-name": ac, "result": 1,
                                        "result-source-diagnostic": ("dialogue-service-user", 2)})


def message(kind, otid=None, dtid=None, dialogue=None, components=()):
    v = {}
    if otid:
        v["otid"] = otid.encode()
    if dtid:
        v["dtid"] = dtid.encode()
    if dialogue:
        v["dialoguePortion"] = dialogue
    if components:
        v["components"] = [("basicROS", c) for c in components]
    return encode((kind, v))


def begin(otid, ac=None, *components):
    return message("begin", otid, None, aarq(ac) if ac else None, components)


def go_on(otid, dtid, dialogue=None, *components):
    return message("continue", otid, dtid, dialogue, components)


def end(dtid, dialogue=None, *components):
    return message("end", None, dtid, dialogue, components)


def refuse(dtid, ac):
    return encode(("abort", {"dtid": dtid.encode(), "reason": ("u-abortCause", refusal(ac))}))


def p_abort(dtid, cause):
    return encode(("abort", {"dtid": dtid.encode(), "reason": ("p-abortCause", cause)}))


def u_abort(dtid):
    return encode(("abort", {"dtid": dtid.encode(), "reason": ("u-abortCause", portion("dialogueAbort", {"abort-source": 0}))}))


def invoke(i, code, argument):
    return ("invoke", {"invokeId": ("present", i), "opcode": ("local", code), "argument": argument})


def result(i, code=None, value=None):
    v = {"invokeId": ("present", i)}
    if value:
        v["result"] = {"opcode": ("local", code), "result": value}
    return ("returnResult", v)


def error(i, code, parameter=None):
    v = {"invokeId": ("present", i), "errcode": ("local", code)}
    if parameter:
        v["parameter"] = parameter
    return ("returnError", v)


def reject(i, kind, problem):
    return ("reject", {"invokeId": ("present", i), "problem": (kind, problem)})


# ---- TPDUs, by pycrate ----

def deliver(text="test", more=False, concat=None, sender=SME):
    t = SMS.SMS_DELIVER(val={"TP_MMS": 0 if more else 1, "TP_UDHI": 1 if concat else 0})
    return user_data(t, "TP_OA", sender, text, concat)


def submit(text="test", concat=None, to=SME):
    t = SMS.SMS_SUBMIT(val={"TP_UDHI": 1 if concat else 0, "TP_MR": 7})
    return user_data(t, "TP_DA", to, text, concat)


def user_data(t, address, digits, text, concat):
    t[address].set_val({"Type": 1, "NumberingPlan": 1})
    t[address]["Num"].encode(digits)
    if concat:
        ref, total, seq = concat
        t["TP_UD"]["UDH"]["UDH"].set_val([{"T": 0, "V": {"MsgRef": ref, "MsgParts": total, "MsgNum": seq}}])
    t["TP_UD"]["UD"].encode(text)
    return t.to_bytes()


def status_report(status):
    t = SMS.SMS_STATUS_REPORT(val={"TP_MMS": 1, "TP_MR": 7, "TP_ST": status})
    t["TP_RA"].set_val({"Type": 1, "NumberingPlan": 1})
    t["TP_RA"]["Num"].encode(SME)
    t["TP_PI"].set_trans(True)
    return t.to_bytes()


def deliver_report(fcs=None):
    if fcs is None:
        return SMS.SMS_DELIVER_REPORT_RP_ACK().to_bytes()
    return SMS.SMS_DELIVER_REPORT_RP_ERROR(val={"TP_FCS": fcs}).to_bytes()


def submit_report():
    return SMS.SMS_SUBMIT_REPORT_RP_ACK().to_bytes()


# ---- MAP arguments ----

def to_mobile(n, tpdu=None, sc=SC, more=False):
    a = {"sm-RP-DA": ("imsi", bcd(imsi(n))), "sm-RP-OA": ("serviceCentreAddressOA", number(sc)), "sm-RP-UI": tpdu or deliver()}
    if more:
        a["moreMessagesToSend"] = 0
    return a


def from_mobile(n, tpdu=None, sc=SC):
    return {"sm-RP-DA": ("serviceCentreAddressDA", number(sc)), "sm-RP-OA": ("msisdn", number(msisdn(n))), "sm-RP-UI": tpdu or submit()}


def mt3(n, i=1, **kw):
    return invoke(i, 44, ("MT-ForwardSM-Arg", to_mobile(n, **kw)))


def mo3(n, i=1, **kw):
    return invoke(i, 46, ("MO-ForwardSM-Arg", {**from_mobile(n, **kw), "imsi": bcd(imsi(n))}))


def mt2(n, i=1, **kw):
    return invoke(i, 46, ("ForwardSM-Arg", to_mobile(n, **kw)))


def mo2(n, i=1, **kw):
    return invoke(i, 46, ("ForwardSM-Arg", from_mobile(n, **kw)))


MT3, MT2, MO3, MO2, MO1 = context(25, 3), context(25, 2), context(21, 3), context(21, 2), context(21, 1)
GATEWAY3, ALERT2, MWD3 = context(20, 3), context(23, 2), context(24, 3)


# ---- SCCP, by pycrate ----

def address(digits, ssn):
    return {"AddrInd": {"res": 0, "RoutingInd": 0, "GTInd": 4, "SSNInd": 1, "PCInd": 0}, "SSN": ssn}, digits


def addresses(m, called, calling):
    for name, (digits, ssn) in (("CalledPartyAddr", called), ("CallingPartyAddr", calling)):
        value, digits = address(digits, ssn)
        m[name]["Value"].set_val(value)
        gt = m[name].get_gt()
        gt.set_val({"TranslationType": 0, "NumberingPlan": 1, "EncodingScheme": 2 - len(digits) % 2, "NAI": 4})
        gt.set_addr_bcd(digits)


def udt(a, b, data):
    m = SCCP.SCCPUnitData()
    m["ProtocolClass"].set_val({"Handling": 8, "Class": 0})
    addresses(m, b, a)
    m["Data"]["Value"].set_val(data)
    return m.to_bytes()


def udts(a, b, data, cause):
    m = SCCP.SCCPUnitDataService()
    m["RetCause"].set_val(cause)
    addresses(m, b, a)
    m["Data"]["Value"].set_val(data)
    return m.to_bytes()


def xudt(a, b, data, first=True, remaining=0, ref=1):
    m = SCCP.SCCPExtUnitData()
    m["ProtocolClass"].set_val({"Handling": 8, "Class": 1})
    m["HopCounter"].set_val(15)
    addresses(m, b, a)
    m["Data"]["Value"].set_val(data)
    options = m["Opt"]._content
    options[0].set_trans(False)
    options[0]["Segmentation"].set_val({"F": 1 if first else 0, "C": 1, "RemainingSeg": remaining, "SegmentLocalRef": ref})
    options[2].set_trans(False)
    return m.to_bytes()


def ludt(a, b, data):
    m = SCCP.SCCPLongUnitData()
    m["ProtocolClass"].set_val({"Handling": 8, "Class": 0})
    m["HopCounter"].set_val(15)
    addresses(m, b, a)
    m["LongData"]["Value"].set_val(data)
    return m.to_bytes()


# ---- what carries SCCP ----

def padded(b):
    return b + b"\0" * (-len(b) % 4)


def parameter(tag, value):
    return padded(struct.pack(">HH", tag, 4 + len(value)) + value)


def sigtran(cls, typ, body):
    return struct.pack(">BBBBI", 1, 0, cls, typ, 8 + len(body)) + body


def m3ua(opc, dpc, sccp):
    return sigtran(1, 1, parameter(0x0210, struct.pack(">IIBBBB", opc, dpc, 3, 2, 0, 5) + sccp))


def mtp3_itu(opc, dpc, sccp):
    return struct.pack("<BI", 0x83, dpc | opc << 14 | 5 << 28) + sccp


def mtp3_ansi(opc, dpc, sccp):
    return b"\x83" + struct.pack("<I", dpc)[:3] + struct.pack("<I", opc)[:3] + b"\x05" + sccp


def m2ua(msu):
    return sigtran(6, 1, parameter(0x0001, struct.pack(">I", 1)) + parameter(0x0300, msu))


def m2pa(msu, sequence):
    body = struct.pack(">II", sequence, sequence) + b"\0" + msu
    return sigtran(11, 1, body)


def mtp2(msu, sequence):
    return struct.pack("BBB", 0x80 | sequence, 0x80 | sequence, min(len(msu), 63)) + msu


def mtp2_header(msu, sequence):
    return struct.pack(">BBH", sequence & 1, 0, 1) + mtp2(msu, sequence)


def exported(name, pdu):
    tag = name.encode()
    tag += b"\0" * (-len(tag) % 4)
    return struct.pack(">HH", 12, len(tag)) + tag + struct.pack(">HH", 0, 0) + pdu


class Tape:
    """A capture under construction."""

    def __init__(self, linktype=RAW):
        self.linktype, self.records = linktype, []

    def record(self, at, octets):
        self.records.append((at, bytes(octets)))

    def pcap(self):
        out = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, self.linktype)
        for at, octets in sorted(self.records, key=lambda r: r[0]):  # stable
            out += struct.pack("<IIII", EPOCH + at // S, at % S, len(octets), len(octets)) + octets
        return out


class Association:
    """An SCTP association between 192.0.2.1 and 192.0.2.2, M3UA unless said."""

    def __init__(self, tape, ends=("192.0.2.1", "192.0.2.2"), tags=(0x1111, 0x2222), port=2905, wrap=None):
        self.tape, self.ends, self.tags, self.port = tape, ends, tags, port
        self.tsn, self.ip_id = [1000, 5000], 1
        self.wrap = wrap or (lambda d, sccp: m3ua(1 + d, 2 - d, sccp))
        self.ppid = 3

    def packet(self, at, d, *chunks, ends=None):
        ends = ends or self.ends
        p = IP(src=ends[d], dst=ends[1 - d], id=self.ip_id, ttl=64) / SCTP(sport=self.port, dport=self.port, tag=self.tags[1 - d])
        for c in chunks:
            p = p / c
        self.ip_id += 1
        self.tape.record(at, bytes(p))

    def data(self, d, octets, tsn=None, first=True, last=True, unordered=False, ppid=None):
        if tsn is None:
            tsn = self.tsn[d]
            self.tsn[d] += 1
        return SCTPChunkData(beginning=int(first), ending=int(last), unordered=int(unordered), tsn=tsn, stream_id=1, stream_seq=tsn & 0xFFFF,
                             proto_id=self.ppid if ppid is None else ppid, data=octets)

    def say(self, at, d, sccp, **kw):
        self.packet(at, d, self.data(d, self.wrap(d, sccp)), **kw)


A, B = (SC, 8), (MSC, 8)


class Exchange:
    """Messages of dialogues between two nodes over an association: 0 sends as a,
    1 as b."""

    def __init__(self, tape, a=A, b=B, assoc=None):
        self.assoc = assoc or Association(tape)
        self.a, self.b = a, b

    def ask(self, at, tcap, **kw):
        self.assoc.say(at, 0, udt(self.a, self.b, tcap), **kw)

    def reply(self, at, tcap, **kw):
        self.assoc.say(at, 1, udt(self.b, self.a, tcap), **kw)


SCENARIOS = {}


def scenario(how):
    def add(f):
        SCENARIOS[f.__name__] = (f, how)
        return f
    return add


def simple(make):
    """A file with one mt-forwardSM of version 3, left open, and its answer 2 s
    later."""
    ask = begin("AA01", MT3, mt3(1))
    reply = end("AA01", aare(MT3), result(1))
    make(udt(A, B, ask), udt(B, A, reply))


@scenario("forwardSM in each version and direction, answered. MO v1 in 0.2 s (frames 1, 2), MT v1 in 1.5 s (3, 4), MO v2 in 0.3 s (5, 6), "
          "MT v2 with moreMessagesToSend: two messages in one dialogue, 2 s and 3 s (7 to 10), MO v3 with SMS-SUBMIT-REPORT in 0.25 s (11, 12), "
          "MT v3 with SMS-DELIVER-REPORT in 4 s (13, 14). Frames 1 and 3 have no dialogue portion.")
def versions(t):
    mo, mt = Exchange(t, (MSC, 8), (SMS_IWMSC, 8)), None
    mt = Exchange(t, assoc=mo.assoc)
    mo.ask(0, begin("AA01", None, mo2(1, sc=SMS_IWMSC)))
    mo.reply(200 * MS, end("AA01", None, result(1)))
    mt.ask(1 * S, begin("AA02", None, mt2(2)))
    mt.reply(2500 * MS, end("AA02", None, result(1)))
    mo.ask(5 * S, begin("AA03", MO2, mo2(3, sc=SMS_IWMSC)))
    mo.reply(5300 * MS, end("AA03", aare(MO2), result(1)))
    mt.ask(6 * S, begin("AA04", MT2, mt2(4, tpdu=deliver(more=True), more=True)))
    mt.reply(8 * S, go_on("BB04", "AA04", aare(MT2), result(1)))
    mt.ask(8100 * MS, go_on("AA04", "BB04", None, mt2(4, i=2)))
    mt.reply(11100 * MS, end("AA04", None, result(2)))
    mo.ask(12 * S, begin("AA05", MO3, mo3(5, sc=SMS_IWMSC)))
    mo.reply(12250 * MS, end("AA05", aare(MO3), result(1, 46, ("MO-ForwardSM-Res", {"sm-RP-UI": submit_report()}))))
    mt.ask(13 * S, begin("AA06", MT3, mt3(6)))
    mt.reply(17 * S, end("AA06", aare(MT3), result(1, 44, ("MT-ForwardSM-Res", {"sm-RP-UI": deliver_report()}))))


@scenario("mt-forwardSM v3 after an empty Begin and the peer's Continue, which takes 1.2 to 1.4 s. A message of three parts, of which the "
          "second is not in the capture (frames 3 and 5 have parts 1 and 3); then a complete one, whose parts come out of order.")
def empty_begin(t):
    x = Exchange(t)
    for n, (parts, total) in enumerate((((1, 3), 3), ((2, 1), 2))):
        at, o, r = n * 30 * S, "AA%02d" % n, "BB%02d" % n
        x.ask(at, begin(o, MT3))
        x.reply(at + (1200 + 200 * n) * MS, go_on(r, o, aare(MT3)))
        at += 2 * S
        for k, part in enumerate(parts):
            last = k == len(parts) - 1
            x.ask(at, go_on(o, r, None, mt3(n, i=k + 1, tpdu=deliver("part %d" % part, more=not last, concat=(40 + n, total, part)), more=not last)))
            done = result(k + 1)
            x.reply(at + 3 * S, end(o, None, done) if last else go_on(r, o, None, done))
            at += 4 * S


@scenario("12 mt-forwardSM v3, of which 4 are refused with version 2 offered and sent again 0.2 s later; one v2 is refused by a P-Abort "
          "incorrectTransactionPortion and sent again in version 1; one empty Begin is refused, and the message sent in version 2.")
def fallback(t):
    x = Exchange(t)
    for n in range(12):
        at, o = n * 5 * S, "AA%02d" % n
        x.ask(at, begin(o, MT3, mt3(n)))
        if n % 3:
            x.reply(at + 2 * S, end(o, aare(MT3), result(1)))
            continue
        x.reply(at + 150 * MS, refuse(o, MT2))
        x.ask(at + 350 * MS, begin("CC%02d" % n, MT2, mt2(n)))
        x.reply(at + 2350 * MS, end("CC%02d" % n, aare(MT2), result(1)))
    y = Exchange(t, b=(MSC2, 8), assoc=x.assoc)
    y.ask(61 * S, begin("DD01", MT2, mt2(50)))
    y.reply(61100 * MS, p_abort("DD01", 3))
    y.ask(61300 * MS, begin("DD02", None, mt2(50)))
    y.reply(63 * S, end("DD02", None, result(1)))
    y.ask(65 * S, begin("DD03", MT3))
    y.reply(65100 * MS, refuse("DD03", MT2))
    y.ask(65400 * MS, begin("DD04", MT2, mt2(51)))
    y.reply(67 * S, end("DD04", aare(MT2), result(1)))


@scenario("What ends operations early: P-Abort unrecognisedTransactionID (frame 2), U-Abort (4), Reject mistypedParameter (6), an answer to an invoke id "
          "that was not invoked, and the End without an answer to the one that was (8), two invokes with one id (9), an SCTP ABORT with an operation open (12).")
def aborts(t):
    x = Exchange(t)
    x.ask(0, begin("AA01", MT3, mt3(1)))
    x.reply(1 * S, p_abort("AA01", 1))
    x.ask(2 * S, begin("AA02", MT3, mt3(2)))
    x.reply(3 * S, u_abort("AA02"))
    x.ask(4 * S, begin("AA03", MT3, mt3(3)))
    x.reply(5 * S, end("AA03", aare(MT3), reject(1, "invoke", 2)))
    x.ask(6 * S, begin("AA04", MT3, mt3(4, i=2)))
    x.reply(7 * S, end("AA04", aare(MT3), error(0, 34)))
    x.ask(8 * S, begin("AA05", MT3, mt3(5), mt3(5, tpdu=deliver("again"))))
    x.reply(9 * S, end("AA05", aare(MT3), result(1), result(1)))
    x.ask(10 * S, begin("AA06", MT3, mt3(6)))
    x.assoc.packet(11 * S, 1, SCTPChunkAbort())


@scenario("Every 10 s one mt-forwardSM, answered in 2 s, but the third one, to which nothing comes for the rest of the capture (70 s and more).")
def no_answer(t):
    x = Exchange(t)
    for n in range(11):
        x.ask(n * 10 * S, begin("AA%02d" % n, MT3, mt3(n)))
        if n != 2:
            x.reply(n * 10 * S + 2 * S, end("AA%02d" % n, aare(MT3), result(1)))


@scenario("The same as no_answer, and the capture lacks two chunks of the answering node's, which a SACK acknowledges: no answer was seen, "
          "which is less than that there was none.")
def no_answer_gap(t):
    x = Exchange(t)
    for n in range(11):
        x.ask(n * 10 * S, begin("AA%02d" % n, MT3, mt3(n)))
        if n == 2:
            x.assoc.tsn[1] += 2
            continue
        x.reply(n * 10 * S + 2 * S, end("AA%02d" % n, aare(MT3), result(1)))
        if n == 5:
            x.assoc.packet(n * 10 * S + 2100 * MS, 0, SCTPChunkSACK(cumul_tsn_ack=x.assoc.tsn[1] - 1, a_rwnd=65536))


@scenario("21 mo-forwardSM answered after 3 s each, and 21 mt-forwardSM answered after 25 s each.")
def slow(t):
    mo = Exchange(t, (MSC, 8), (SMS_IWMSC, 8))
    mt = Exchange(t, assoc=mo.assoc)
    for n in range(21):
        at = n * 1500 * MS
        mo.ask(at, begin("AA%02d" % n, MO3, mo3(n, sc=SMS_IWMSC)))
        mo.reply(at + 3 * S, end("AA%02d" % n, aare(MO3), result(1)))
        mt.ask(at + 500 * MS, begin("CC%02d" % n, MT3, mt3(n)))
        mt.reply(at + 25500 * MS, end("CC%02d" % n, aare(MT3), result(1)))


@scenario("Operations under contexts that do not fit them: 44 under shortMsgMT-Relay-v2 (frame 1), 46 under shortMsgMT-Relay-v3 (3), a message to a mobile "
          "under shortMsgMO-Relay-v3 (5), version 1 named explicitly (7). Then 46 under a private context, which is none of MAP (9).")
def conflicts(t):
    x = Exchange(t)
    for n, (ac, op) in enumerate(((MT2, mt3(1)), (MT3, mt2(2)), (MO3, mt2(3)), (MO1, mt2(4)))):
        x.ask(n * 5 * S, begin("AA%02d" % n, ac, op))
        x.reply(n * 5 * S + 2 * S, end("AA%02d" % n, aare(ac), result(1)))
    x.ask(20 * S, begin("AA09", (1, 2, 826, 0, 1249, 51, 1), mt2(9)))
    x.reply(21 * S, end("AA09", aare((1, 2, 826, 0, 1249, 51, 1)), result(1)))


@scenario("A capture that begins in the middle: the Continue with an mt-forwardSM and its answer (frames 1, 2), a forwardSM with the argument of version 3 "
          "in a Continue (3, 4), an answer whose invoke is not there (5); then a whole one (6, 7).")
def mid_dialogue(t):
    x = Exchange(t)
    x.ask(0, go_on("AA01", "BB01", None, mt3(1)))
    x.reply(2 * S, end("AA01", None, result(1)))
    y = Exchange(t, (MSC, 8), (SMS_IWMSC, 8), x.assoc)
    y.ask(3 * S, go_on("AA02", "BB02", None, mo3(2, sc=SMS_IWMSC)))
    y.reply(3300 * MS, end("AA02", None, result(1)))
    x.reply(4 * S, end("AA03", aare(MT3), error(1, 6, ("AbsentSubscriberSM-Param", {"absentSubscriberDiagnosticSM": 1}))))
    x.ask(5 * S, begin("AA04", MT3, mt3(4)))
    x.reply(7 * S, end("AA04", aare(MT3), result(1)))


@scenario("mt-forwardSM in the Begin from a node of another country, whose service centre address is not its calling address (frame 1); "
          "TP-MMS says more and moreMessagesToSend is not there (3), and the other way round (5).")
def signs(t):
    x = Exchange(t, (FOREIGN, 8))
    x.ask(0, begin("AA01", MT3, mt3(1, sc="12025550142")))
    x.reply(2 * S, end("AA01", aare(MT3), result(1)))
    y = Exchange(t, assoc=x.assoc)
    for n, (mms, more) in enumerate(((True, False), (False, True))):
        y.ask((5 + 5 * n) * S, begin("AA1%d" % n, MT3, mt3(2 + n, tpdu=deliver(more=mms), more=more)))
        y.reply((7 + 5 * n) * S, end("AA1%d" % n, aare(MT3), result(1)))


@scenario("Companions: sendRoutingInfoForSM v3 (frames 1, 2), alertServiceCentre v2 (3, 4), readyForSM v3 (5, 6); a status report, delivered (7, 8); "
          "a report of delivery and informServiceCentre, which nobody answers (9 to 11).")
def companions(t):
    x = Exchange(t, (SC, 8), (HLR, 6))
    x.ask(0, begin("AA01", GATEWAY3, invoke(1, 45, ("RoutingInfoForSM-Arg", {"msisdn": number(msisdn(1)), "sm-RP-PRI": True, "serviceCentreAddress": number(SC)}))))
    x.reply(100 * MS, end("AA01", aare(GATEWAY3), result(1, 45, ("RoutingInfoForSM-Res", {"imsi": bcd(imsi(1)), "locationInfoWithLMSI": {"networkNode-Number": number(MSC)}}))))
    y = Exchange(t, (HLR, 6), (SC, 8), x.assoc)
    y.ask(1 * S, begin("AA02", ALERT2, invoke(1, 64, ("AlertServiceCentreArg", {"msisdn": number(msisdn(2)), "serviceCentreAddress": number(SC)}))))
    y.reply(1200 * MS, end("AA02", aare(ALERT2), result(1)))
    z = Exchange(t, (MSC, 7), (HLR, 6), x.assoc)
    z.ask(2 * S, begin("AA03", MWD3, invoke(1, 66, ("ReadyForSM-Arg", {"imsi": bcd(imsi(3)), "alertReason": "ms-Present"}))))
    z.reply(2100 * MS, end("AA03", aare(MWD3), result(1)))
    m = Exchange(t, assoc=x.assoc)
    m.ask(3 * S, begin("AA04", MT3, mt3(4, tpdu=status_report(0))))
    m.reply(5 * S, end("AA04", aare(MT3), result(1)))
    x.ask(6 * S, begin("AA05", GATEWAY3, invoke(1, 47, ("ReportSM-DeliveryStatusArg", {"msisdn": number(msisdn(5)), "serviceCentreAddress": number(SC), "sm-DeliveryOutcome": "absentSubscriber"}))))
    x.reply(6100 * MS, end("AA05", aare(GATEWAY3), result(1), invoke(2, 63, ("InformServiceCentreArg", {"storedMSISDN": number(msisdn(5))}))))


@scenario("mt-forwardSM v3 answered by each error that it may have (frames 1 to 20: 5, 6 with diagnostic, 9, 12, 21, 31, 32 with TP-FCS 0xd3, 34, 35, 36) and by "
          "two that it may not (13 callBarred, 27 absentSubscriber; frames 21 to 24). The last two (25, 26) are open when the capture ends.")
def v3_errors(t):
    x = Exchange(t)
    params = [
        (5, None), (6, ("AbsentSubscriberSM-Param", {"absentSubscriberDiagnosticSM": 6})), (9, None), (12, None), (21, None), (31, None),
        (32, ("SM-DeliveryFailureCause", {"sm-EnumeratedDeliveryFailureCause": "memoryCapacityExceeded", "diagnosticInfo": deliver_report(0xD3)})),
        (34, ("SystemFailureParam", ("networkResource", "pvlr"))), (35, None), (36, None), (13, None), (27, None)]
    for n, (code, param) in enumerate(params):
        x.ask(n * 4 * S, begin("AA%02d" % n, MT3, mt3(n)))
        x.reply(n * 4 * S + (500 + 100 * n) * MS, end("AA%02d" % n, aare(MT3), error(1, code, param)))
    for n in (50, 51):
        x.ask(n * S, begin("AA%02d" % n, MT3, mt3(n)))


@scenario("A long forwardSM v2 in two XUDT segments, the second one first, answered after 2 s (frames 1 to 3); a mt-forwardSM v3 in LUDT, which SCCP returns as UDTS "
          "with cause 1 after 0.1 s (4, 5); another, returned with cause 8 (6, 7).")
def sccp_variants(t):
    x = Exchange(t)
    long = begin("AA01", MT2, mt2(1, tpdu=deliver("x" * 150)))
    halves = long[:120], long[120:]
    x.assoc.say(0, 0, xudt(A, B, halves[1], first=False, remaining=0, ref=77))
    x.assoc.say(10 * MS, 0, xudt(A, B, halves[0], first=True, remaining=1, ref=77))
    x.reply(2010 * MS, end("AA01", aare(MT2), result(1)))
    for n, cause in enumerate((1, 8)):
        b = begin("AA1%d" % n, MT3, mt3(2 + n))
        x.assoc.say((5 + n) * S, 0, ludt(A, B, b))
        x.assoc.say((5 + n) * S + 100 * MS, 1, udts(B, A, b, cause))


@scenario("Five mt-forwardSM v3 and their answers. Fragments out of order (frames 1, 2), a retransmission (3), two messages in one packet (4, 5), unordered "
          "and PPID 0 (6), a packet captured twice (7, 8); frame 9 retransmits frame 8's chunk over a second path.")
def sctp_tricks(t):
    x = Exchange(t)
    a = x.assoc
    whole = a.wrap(0, udt(A, B, begin("AA01", MT3, mt3(1))))
    first, second = a.data(0, whole[:80], last=False), a.data(0, whole[80:], first=False)
    second.stream_seq = first.stream_seq
    a.packet(0, 0, second)
    a.packet(1 * MS, 0, first)
    a.packet(1500 * MS, 0, second)
    two = [a.data(0, a.wrap(0, udt(A, B, begin("AA0%d" % n, MT3, mt3(n))))) for n in (2, 3)]
    a.packet(2 * S, 0, *two)
    a.packet(3 * S, 1, *[a.data(1, a.wrap(1, udt(B, A, end("AA0%d" % n, aare(MT3), result(1))))) for n in (1, 2, 3)])
    a.packet(4 * S, 0, a.data(0, a.wrap(0, udt(A, B, begin("AA04", MT3, mt3(4)))), unordered=True, ppid=0))
    a.packet(5 * S, 0, a.data(0, a.wrap(0, udt(A, B, begin("AA05", MT3, mt3(5))))))
    t.record(5 * S + MS, t.records[-1][1])
    a.packet(7 * S, 0, a.data(0, a.wrap(0, udt(A, B, begin("AA05", MT3, mt3(5)))), tsn=a.tsn[0] - 1), ends=("198.51.100.1", "198.51.100.2"))
    x.reply(8 * S, end("AA04", aare(MT3), result(1)))
    x.reply(8500 * MS, end("AA05", aare(MT3), result(1)))


@scenario("A multi-homed association: INIT and INIT ACK with two addresses each, then mt-forwardSM v3 and answers in turn over both paths. Neither path has "
          "all chunks; together nothing is missing.")
def multihomed(t):
    second = ("198.51.100.1", "198.51.100.2")
    x = Exchange(t)
    a = x.assoc
    lists = [[SCTPChunkParamIPv4Addr(addr=h) for h in (a.ends[d], second[d])] for d in (0, 1)]
    tags, a.tags = a.tags, (a.tags[0], 0)  # an INIT has tag 0
    a.packet(0, 0, SCTPChunkInit(init_tag=tags[0], a_rwnd=65536, n_out_streams=2, n_in_streams=2, init_tsn=a.tsn[0], params=lists[0]))
    a.tags = tags
    a.packet(10 * MS, 1, SCTPChunkInitAck(init_tag=tags[1], a_rwnd=65536, n_out_streams=2, n_in_streams=2, init_tsn=a.tsn[1], params=lists[1]))
    for n in range(9):
        ends = a.ends if n % 2 else second
        x.ask((1 + 3 * n) * S, begin("AA%02d" % n, MT3, mt3(n)), ends=ends)
        x.reply((3 + 3 * n) * S, end("AA%02d" % n, aare(MT3), result(1)), ends=ends)


@scenario("A message seen on both sides of an STP: two associations, 20 ms apart, and the answer 10 ms. One message on two hops.")
def relay(t):
    x = Exchange(t)
    y = Exchange(t, assoc=Association(t, ("192.0.2.9", "192.0.2.3"), (0x3333, 0x4444)))
    for n in range(3):
        ask, reply = begin("AA%02d" % n, MT3, mt3(n)), end("AA%02d" % n, aare(MT3), result(1))
        x.ask(n * 5 * S, ask)
        y.ask(n * 5 * S + 20 * MS, ask)
        y.reply(n * 5 * S + 2020 * MS, reply)
        x.reply(n * 5 * S + 2030 * MS, reply)


@scenario("SCTP in UDP (port 9899, RFC 6951): one mt-forwardSM v3, answered.")
def udp(t):
    a = Association(t)

    def packet(at, d, *chunks):
        p = SCTP(sport=2905, dport=2905, tag=a.tags[1 - d])
        for c in chunks:
            p = p / c
        t.record(at, bytes(IP(src=a.ends[d], dst=a.ends[1 - d], id=7) / UDP(sport=9899, dport=9899) / Raw(bytes(p))))
    a.packet = packet

    def make(ask, reply):
        a.say(0, 0, ask)
        a.say(2 * S, 1, reply)
    simple(make)


def over(wrap, ppid, port):
    def f(t):
        a = Association(t, port=port, wrap=wrap)
        a.ppid = ppid

        def make(ask, reply):
            a.say(0, 0, ask)
            a.say(2 * S, 1, reply)
        simple(make)
    return f


def on_link(wrap):
    def f(t):
        def make(ask, reply):
            t.record(0, wrap(0, ask))
            t.record(2 * S, wrap(1, reply))
        simple(make)
    return f


ITU = lambda d, sccp: mtp3_itu(1001 + d, 1002 - d, sccp)
ANSI = lambda d, sccp: mtp3_ansi(0x010203 + d, 0x010204 - d, sccp)
ONE = "One mt-forwardSM v3, answered after 2 s, "
LAYERS = {
    "m2pa_itu": (RAW, over(lambda d, s: m2pa(ITU(d, s), 7), 5, 3565), ONE + "over M2PA with a 14-bit routing label."),
    "m2pa_ansi": (RAW, over(lambda d, s: m2pa(ANSI(d, s), 7), 5, 3565), ONE + "over M2PA with a 24-bit routing label."),
    "m2ua": (RAW, over(lambda d, s: m2ua(ITU(d, s)), 2, 2904), ONE + "over M2UA."),
    "dlt139_mtp2_phdr": (MTP2_PHDR, on_link(lambda d, s: mtp2_header(ITU(d, s), 3 + d)), ONE + "link type MTP2_WITH_PHDR."),
    "dlt140_mtp2": (MTP2, on_link(lambda d, s: mtp2(ITU(d, s), 3 + d)), ONE + "link type MTP2."),
    "dlt141_mtp3": (MTP3, on_link(ITU), ONE + "link type MTP3."),
    "dlt142_sccp": (SCCP_LINK, on_link(lambda d, s: s), ONE + "link type SCCP."),
}


@scenario("Exported PDUs (link type WIRESHARK_UPPER_PDU): " + ONE + "as sccp (frames 1, 2), and another as m3ua (3, 4).")
def dlt252_exported_pdu(t):
    def make(ask, reply):
        t.record(0, exported("sccp", ask))
        t.record(2 * S, exported("sccp", reply))
    simple(make)
    t.record(5 * S, exported("m3ua", m3ua(1, 2, udt(A, B, begin("AA02", MT3, mt3(2))))))
    t.record(7 * S, exported("m3ua", m3ua(2, 1, udt(B, A, end("AA02", aare(MT3), result(1))))))


# ---- files ----

def main(root, chosen):
    jobs = {name: (EXPORTED if name.startswith("dlt252") else RAW, f, how) for name, (f, how) in SCENARIOS.items()}
    jobs.update(LAYERS)
    lines = {}
    for name, (linktype, f, how) in sorted(jobs.items()):
        if chosen and name not in chosen:
            continue
        tape = Tape(linktype)
        f(tape)
        content = tape.pcap()
        with open(os.path.join(root, "gsmmap", name + ".pcap"), "wb") as out:
            out.write(content)
        file = "gsmmap/%s.pcap" % name
        lines[file] = "\t".join((file, "testdata/lab/gsmmap.py", how, "pycrate 0.8.1 (commit 82772f7), scapy %s" % scapy.VERSION,
                                 "project (made by it)", hashlib.sha256(content).hexdigest()))
    manifest = os.path.join(root, "MANIFEST")
    with open(manifest) as f:
        head, *old = f.read().rstrip("\n").split("\n")
    rows = {line.split("\t")[0]: line for line in old}
    rows.update(lines)
    gone = [name for name in rows if name.startswith("gsmmap/") and not os.path.exists(os.path.join(root, name))]
    for name in gone:
        del rows[name]
    with open(manifest + ".new", "w") as f:
        f.write("\n".join([head] + [rows[k] for k in sorted(rows)]) + "\n")
    os.replace(manifest + ".new", manifest)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], set(sys.argv[2:]))
