// Command pcaptriage reads packet captures and says what went wrong in them
// and how long things took. This package holds flags, verbs and exit codes, a
// file a verb; analysis is in package analyzers, output in package report.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
