#include "textflag.h"

// func Packet(data, slot, flow, set unsafe.Pointer)
TEXT ·Packet(SB), NOSPLIT, $0-32
	MOVQ       data+0(FP), AX
	MOVQ       slot+8(FP), BX
	MOVQ       flow+16(FP), CX
	MOVQ       set+24(FP), DX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	PREFETCHT0 (BX)
	PREFETCHT0 (CX)
	PREFETCHT0 64(CX)
	PREFETCHT0 128(CX)
	PREFETCHT0 192(CX)
	PREFETCHT0 256(CX)
	PREFETCHT0 (DX)
	RET

// func Lines(p, q unsafe.Pointer)
TEXT ·Lines(SB), NOSPLIT, $0-16
	MOVQ       p+0(FP), AX
	MOVQ       q+8(FP), BX
	PREFETCHT0 (AX)
	PREFETCHT0 (BX)
	RET
