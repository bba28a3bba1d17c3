#include "textflag.h"

#define LINE1(n) \
	MOVQ       (8*n)(AX), BX \
	PREFETCHT0 (BX)

#define LINES2(n) \
	LINE1(n) \
	PREFETCHT0 64(BX)

#define LINES5(n) \
	LINES2(n) \
	PREFETCHT0 128(BX) \
	PREFETCHT0 192(BX) \
	PREFETCHT0 256(BX)

// func Lines1(at *[Group]uintptr)
TEXT ·Lines1(SB), NOSPLIT, $0-8
	MOVQ at+0(FP), AX
	LINE1(0)
	LINE1(1)
	LINE1(2)
	LINE1(3)
	LINE1(4)
	LINE1(5)
	LINE1(6)
	LINE1(7)
	RET

// func Lines2(at *[Group]uintptr)
TEXT ·Lines2(SB), NOSPLIT, $0-8
	MOVQ at+0(FP), AX
	LINES2(0)
	LINES2(1)
	LINES2(2)
	LINES2(3)
	LINES2(4)
	LINES2(5)
	LINES2(6)
	LINES2(7)
	RET

// func Lines5(at *[Group]uintptr)
TEXT ·Lines5(SB), NOSPLIT, $0-8
	MOVQ at+0(FP), AX
	LINES5(0)
	LINES5(1)
	LINES5(2)
	LINES5(3)
	LINES5(4)
	LINES5(5)
	LINES5(6)
	LINES5(7)
	RET
