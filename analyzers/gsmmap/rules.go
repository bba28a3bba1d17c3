package gsmmap

import "pcaptriage/analyzers"

// Codes of the rules; they are permanent.
const (
	ruleConflict        = "map-version-conflict"
	ruleLatencyMO       = "map-latency-mo"
	ruleLatencyMT       = "map-latency-mt"
	ruleSetupSlow       = "map-setup-slow"
	ruleNoAnswer        = "map-no-answer"
	ruleReturn          = "map-sccp-return"
	ruleAbort           = "map-abort"
	ruleFallback        = "map-fallback"
	ruleReject          = "map-reject"
	ruleErrNetwork      = "map-err-network"
	ruleErrInterworking = "map-err-interworking"
	ruleErrUndefined    = "map-err-undefined"
	ruleDupInvoke       = "map-dup-invoke"
	ruleOrphan          = "map-orphan-answer"
	ruleMMS             = "map-mms-mismatch"
	ruleNoHandshake     = "map-mt-no-handshake"
	ruleConcat          = "map-concat-gap"
	ruleSCMismatch      = "map-sc-mismatch"
	ruleRetx            = "sctp-retx"
	ruleGap             = "sctp-gap"
	ruleSCTPAbort       = "sctp-abort"
)

func rules() []analyzers.Rule {
	return append(append(dialogueRules(), errorRules()...), append(messageRules(), transportRules()...)...)
}

// dialogueRules are about how nodes talk to each other.
func dialogueRules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleConflict, Severity: analyzers.Warning, Title: "operation, version and direction contradict each other",
			Explanation: `The MAP version of a forwardSM is that of its dialogue's application context, and each version has its own operations: before version 3 there is forwardSM (46) for both directions; version 3 has mo-forwardSM (46) and mt-forwardSM (44). shortMsgMO-Relay (21) goes to the service centre, shortMsgMT-Relay (25) to the mobile. A message that mixes them is refused by a strict peer with unrecognisedOperation or mistypedParameter, or read with the wrong syntax by a lenient one. Version 1 has no dialogue portion at all: a context that names version 1 in so many words is abnormal.`,
			Recognised:  `Operation code, application context, choices of SM-RP-DA and SM-RP-OA, and type of the short message are compared; the message says which two disagree. The direction in the report is what addresses and short message show.`,
			Remedy:      `Look at the sender's configuration of application contexts, or at a converter between versions in front of it.`},
		{Code: ruleSetupSlow, Severity: analyzers.Warning, Title: "dialogues are slow to open",
			Explanation: `With a long message, or where the operators use the TCAP handshake against fraud, a dialogue opens with an empty Begin, and the operation is invoked after the peer's first Continue. No radio and no subscriber is involved in that step: it is signalling network and peer alone, and takes well below a second.`,
			Recognised:  `Time from an empty Begin to the first Continue at one capture point; the 95th percentile between two nodes is above 1 s. Metric map.dialogue_setup has the figures.`,
			Remedy:      `Look for overload of the responding node or congestion on the way; compare sctp-retx.`},
		{Code: ruleLatencyMO, Severity: analyzers.Warning, Title: "messages from mobiles are acknowledged slowly",
			Explanation: `A mobile originated message is stored by the service centre, which answers at once. Waiting times of seconds mean that the service centre or what it asks (prepaid charging, filters, databases) is slow; the mobile's user sees "sending".`,
			Recognised:  `Invoke to answer at the capture point, 95th percentile above 2 s over at least 20 answers between two nodes, or a single one above 10 s.`,
			Remedy:      `Compare with the service centre's own figures; see whether the slow answers come in bursts.`},
		{Code: ruleLatencyMT, Severity: analyzers.Warning, Title: "messages to mobiles are answered slowly",
			Explanation: `A mobile terminated message is answered after paging, radio access and the handset's acknowledgement: seconds are normal. Far longer times tie up the service centre's dialogues and run into its operation timer.`,
			Recognised:  `Invoke to answer, 95th percentile above 20 s over at least 20 answers between two nodes (information), above 60 s (warning).`,
			Remedy:      `Look at paging and radio in the answering node's area; shorten the wait with the delivery timer of mt-forwardSM.`},
		{Code: ruleNoAnswer, Severity: analyzers.Warning, Title: "operation without an answer",
			Explanation: `Every forwardSM is answered by a result or an error, or its dialogue is aborted, or SCCP returns it. When nothing comes, the answer was lost, the peer is down behind a network that does not say so, or the answer takes a path that was not captured. The service centre waits for its operation timer (at least a minute) and repeats the message, so the subscriber may get it twice.`,
			Recognised:  `The invoke has been open for more than 60 s of capture, and the capture goes on; or its dialogue ended without an answer in it. What is open for less when the capture ends is no fault. The wording is "no answer seen" when the capture lacks SCTP chunks, has cut or incomplete messages, or when more than a fifth of the dialogues began before it; it is information only when the capture holds nothing of the way back, or lacks as many messages as there are operations without an answer.`,
			Remedy:      `Look for the answer on the other links of the peer. Ask the peer's operator with the transaction id of the cited frame.`},
		{Code: ruleReturn, Severity: analyzers.Error, Title: "SCCP returned messages as undeliverable",
			Explanation: `An SCCP node that cannot pass a message on returns it, when the sender asked for that, as UDTS, XUDTS or LUDTS with a cause: no translation (the global title is not routed), subsystem failure or congestion, MTP failure, hop counter violation, an error in transport or reassembly, and others (Q.713 3.12).`,
			Recognised:  `The service message carries the original TCAP message; its transaction id leads to the dialogue, whose open operations end here. It is not counted as an invoke of its own.`,
			Remedy:      `"no translation": check the global title translation for the called address on the way. "subsystem failure", "unequipped user": the called node is down or has no such subsystem. "error in message transport", "cannot perform reassembly": long messages do not pass; look at the segmentation (XUDT) support on the way.`},
		{Code: ruleAbort, Severity: analyzers.Error, Title: "dialogues aborted",
			Explanation: `An Abort ends a dialogue without answers. A P-Abort comes from the TCAP layer: unrecognisedTransactionID means that the peer has lost the dialogue (restart, timer), resourceLimitation that it is overloaded. A U-Abort comes from the MAP user, with its reason.`,
			Recognised:  `Aborts of dialogues of short messages, those left out that only refuse the MAP version (map-fallback). It is an error when more than 1 % of the operations between the two nodes are affected, else a warning.`,
			Remedy:      `Compare the times with restarts and overload of the aborting node.`},
		{Code: ruleFallback, Severity: analyzers.Warning, Title: "peer refused the MAP version",
			Explanation: `A node that does not know an application context refuses the dialogue and names the version that it has; the sender begins again with that. A node that knows only version 1 aborts a Begin with a dialogue portion. Senders remember the version of each peer; where that memory is missing, every message costs one more round trip.`,
			Recognised:  `An Abort with a refusing AARE, or a P-Abort incorrectTransactionPortion in answer to a Begin with a dialogue portion. The repetition is found by sender, destination and short message within 10 s. It is a warning when more than 20 % of at least 10 operations between two nodes are refused, else information.`,
			Remedy:      `Enter the peer's MAP version into the sender's version table, or switch on its version learning.`},
		{Code: ruleNoHandshake, Severity: analyzers.Info, Title: "message to a mobile in the Begin, from another country",
			Explanation: `TS 33.204 lets operators agree on a TCAP handshake: the Begin of a mobile terminated message is empty, and the message follows only when the first Continue has come back. A sender with a forged address never gets that Continue. Where the message is in the Begin already, this protection is not in use.`,
			Recognised:  `mt-forwardSM or forwardSM to a mobile, version 2 or 3, in the Begin, and the global titles of the two nodes have different country codes. Most such messages are legitimate.`,
			Remedy:      `Nothing, unless the handshake was agreed with that partner.`},
		{Code: ruleDupInvoke, Severity: analyzers.Error, Title: "invoke id used twice at the same time",
			Explanation: `Within a dialogue, an answer names its invoke by an id. Two open invokes with the same id cannot be told apart; a peer rejects the second as duplicateInvokeID, or answers the wrong one.`,
			Recognised:  `A second Invoke from the same side with an id that is not answered yet. Copies of the packet and SCTP retransmissions are left out.`,
			Remedy:      `A fault of the sender's TCAP, or of a converter in between.`},
		{Code: ruleOrphan, Severity: analyzers.Warning, Title: "answer to an operation that was not invoked",
			Explanation: `The invoke id of a result, error or Reject fits no open invoke of the dialogue, although the dialogue's Begin is in the capture.`,
			Recognised:  `The dialogue is known from its Begin on, and its messages are whole. Nothing is said when the capture lacks as many messages, which may have held the invokes; see map_coverage.`,
			Remedy:      `Without loss in the capture it is a fault of the answering node.`},
	}
}

// errorRules are about answers that are no success.
func errorRules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleReject, Severity: analyzers.Error, Title: "operation rejected by TCAP",
			Explanation: `A Reject says that a component could not be processed at all: unrecognisedOperation (the peer does not have the operation in this context), mistypedParameter (it could not read the argument), duplicateInvokeID, and others (Q.773).`,
			Recognised:  `A Reject component that answers an operation on short messages.`,
			Remedy:      `Version or syntax do not fit the peer: compare map-version-conflict, and the version the peer has.`},
		{Code: ruleErrNetwork, Severity: analyzers.Warning, Title: "errors that the network is answerable for",
			Explanation: `MAP errors fall into three classes: the subscriber's (absent, busy, memory full; normal in any number), the network's (systemFailure, service centre congestion), and misunderstandings between nodes. This rule is about the second.`,
			Recognised:  `Share of answers above 2 %; with fewer than 50 operations between two nodes each such error is listed.`,
			Remedy:      `systemFailure names the resource that failed, if anything does. Look at the answering node.`},
		{Code: ruleErrInterworking, Severity: analyzers.Warning, Title: "errors of nodes that do not understand each other",
			Explanation: `facilityNotSupported, dataMissing and unexpectedDataValue say that the answering node understood the operation, but not what was in it, or does not offer it.`,
			Recognised:  `Share of answers above 2 %; with fewer than 50 operations between two nodes each such error is listed.`,
			Remedy:      `Compare the arguments with what the peer's version wants; dataMissing and unexpectedDataValue are mostly the sender's fault.`},
		{Code: ruleErrUndefined, Severity: analyzers.Info, Title: "error that the operation does not have",
			Explanation: `TS 29.002 lists for each operation the errors that may answer it. Others are not defined in that place; a strict peer may reject the answer.`,
			Recognised:  `The error code is not in the list for the operation, version and direction.`,
			Remedy:      `Tell the maker of the answering node; for the subscriber the error's meaning holds.`},
	}
}

// messageRules are about the short messages themselves.
func messageRules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleMMS, Severity: analyzers.Info, Title: "moreMessagesToSend and TP-MMS disagree",
			Explanation: `A service centre with more messages for the same mobile says so twice: with moreMessagesToSend to the MSC, which then keeps the radio connection, and with TP-MMS (0: more) to the handset. When they disagree, the connection is torn down between messages, or kept for nothing.`,
			Recognised:  `Both are read in the same invoke. TP-MMS without moreMessagesToSend is common with gateways of version 1 and 2.`,
			Remedy:      `A setting of the service centre or of a converter; of low importance.`},
		{Code: ruleConcat, Severity: analyzers.Info, Title: "parts of concatenated messages missing",
			Explanation: `A long text is sent in parts, each with a reference, the number of parts and its own number. The handset shows it when all are there.`,
			Recognised:  `Parts with the same sender, destination, reference and number of parts. What stands between two parts seen is missing at once; the first and the last parts only when the capture had begun, or goes on, for more than 60 s. Parts over another path count as missing.`,
			Remedy:      `Look at what became of the parts that were seen (table map_dialogues) before suspecting the others.`},
		{Code: ruleSCMismatch, Severity: analyzers.Info, Title: "service centre address differs from the calling address",
			Explanation: `The argument names the service centre, the SCCP calling address the node that sends. They differ where a gateway MSC, a home router or an aggregator sends for the service centre, which is normal; and in forged messages.`,
			Recognised:  `serviceCentreAddressOA of a message to a mobile against the digits of the calling global title.`,
			Remedy:      `Check that the pair is one that you know.`},
	}
}

// transportRules are about what carries the messages.
func transportRules() []analyzers.Rule {
	return []analyzers.Rule{
		{Code: ruleRetx, Severity: analyzers.Warning, Title: "SCTP retransmissions",
			Explanation: `SCTP repeats a chunk that is not acknowledged. More than a little of it means loss or delay on the IP network below, and adds at least the retransmission timeout (1 s, as a rule) to each message concerned.`,
			Recognised:  `More than 1 % of the DATA chunks of an association have a TSN that was seen before, with the same octets, and are no second capture of the same packet.`,
			Remedy:      `Look for loss between the two end points; heartbeats and path failovers of the association show when it began.`},
		{Code: ruleGap, Severity: analyzers.Info, Lead: true, Title: "SCTP chunks missing in the capture",
			Explanation: `Each DATA chunk has a number (TSN), one after the other. Numbers that never come were lost by the capture, or went over another path of the association that was not captured, or were never sent.`,
			Recognised:  `Numbers below the highest one that are not in the capture. Each statement about a missing answer is weakened by it.`,
			Remedy:      `Capture on all paths of the association, and without drops.`},
		{Code: ruleSCTPAbort, Severity: analyzers.Warning, Title: "SCTP association aborted with operations open",
			Explanation: `An ABORT ends an association at once. What was under way on it is lost unless another association carries the answer.`,
			Recognised:  `An ABORT chunk between two addresses between which operations on short messages were open.`,
			Remedy:      `The error cause in the ABORT and the logs of its sender say why.`},
	}
}
