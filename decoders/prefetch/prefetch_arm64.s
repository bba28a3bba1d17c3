#include "textflag.h"

// func Packet(data, slot, flow unsafe.Pointer)
TEXT ·Packet(SB), NOSPLIT, $0-24
	MOVD data+0(FP), R0
	MOVD slot+8(FP), R1
	MOVD flow+16(FP), R2
	PRFM (R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	PRFM (R1), PLDL1KEEP
	PRFM (R2), PLDL1KEEP
	PRFM 64(R2), PLDL1KEEP
	PRFM 128(R2), PLDL1KEEP
	PRFM 192(R2), PLDL1KEEP
	RET
