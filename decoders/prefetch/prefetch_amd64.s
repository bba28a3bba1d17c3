#include "textflag.h"

// func Packet(data, slot, flow unsafe.Pointer)
TEXT ·Packet(SB), NOSPLIT, $0-24
	MOVQ       data+0(FP), AX
	MOVQ       slot+8(FP), BX
	MOVQ       flow+16(FP), CX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	PREFETCHT0 (BX)
	PREFETCHT0 (CX)
	PREFETCHT0 64(CX)
	PREFETCHT0 128(CX)
	PREFETCHT0 192(CX)
	RET
