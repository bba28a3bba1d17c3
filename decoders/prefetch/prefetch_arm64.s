#include "textflag.h"

#define LINE1(n) \
	MOVD (8*n)(R0), R1 \
	PRFM (R1), PLDL1KEEP

#define LINES2(n) \
	LINE1(n) \
	PRFM 64(R1), PLDL1KEEP

#define LINES5(n) \
	LINES2(n) \
	PRFM 128(R1), PLDL1KEEP \
	PRFM 192(R1), PLDL1KEEP \
	PRFM 256(R1), PLDL1KEEP

// func Lines1(at *[Group]uintptr)
TEXT ·Lines1(SB), NOSPLIT, $0-8
	MOVD at+0(FP), R0
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
	MOVD at+0(FP), R0
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
	MOVD at+0(FP), R0
	LINES5(0)
	LINES5(1)
	LINES5(2)
	LINES5(3)
	LINES5(4)
	LINES5(5)
	LINES5(6)
	LINES5(7)
	RET
