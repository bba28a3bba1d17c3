// Package tcap reads messages of the Transaction Capabilities Application Part
// (ITU-T Q.773): transaction ids, dialogue portion, components. Those of ANSI
// TCAP (T1.114) are recognised and not read.
//
// Everything is a view of the input, nothing is allocated, and what stands
// before a place where the message is cut or damaged is kept.
package tcap
