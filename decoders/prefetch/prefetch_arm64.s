#include "textflag.h"

// func Packet(data, slot, flow, set unsafe.Pointer)
TEXT ·Packet(SB), NOSPLIT, $0-32
	MOVD data+0(FP), R0
	MOVD slot+8(FP), R1
	MOVD flow+16(FP), R2
	MOVD set+24(FP), R3
	PRFM (R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	PRFM (R1), PLDL1KEEP
	PRFM (R2), PLDL1KEEP
	PRFM 64(R2), PLDL1KEEP
	PRFM 128(R2), PLDL1KEEP
	PRFM 192(R2), PLDL1KEEP
	PRFM 256(R2), PLDL1KEEP
	PRFM (R3), PLDL1KEEP
	RET

// func Lines(p, q unsafe.Pointer)
TEXT ·Lines(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD q+8(FP), R1
	PRFM (R0), PLDL1KEEP
	PRFM (R1), PLDL1KEEP
	RET
