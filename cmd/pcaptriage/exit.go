package main

import "slices"

// The exit codes.
const (
	exitOK          = 0
	exitFindings    = 1   // findings at or above --fail-on
	exitUsage       = 2   // the command line is wrong
	exitUnreadable  = 3   // an input could not be read at all
	exitDamaged     = 4   // an input was damaged or cut short
	exitInternal    = 5   // an analyzer failed inside, or output could not be written
	exitInterrupted = 130 // as a shell reports SIGINT
)

// precedence of the codes: of several that apply the first one is it.
var precedence = [...]int{exitInterrupted, exitUsage, exitInternal, exitUnreadable, exitDamaged, exitFindings}

// events collects the exit codes that apply.
type events struct{ codes []int }

func (e *events) note(code int) {
	if !slices.Contains(e.codes, code) {
		e.codes = append(e.codes, code)
	}
}

// code is the exit code of the run.
func (e *events) code() int {
	for _, c := range precedence {
		if slices.Contains(e.codes, c) {
			return c
		}
	}
	return exitOK
}
