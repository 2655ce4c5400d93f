// Command acme is a local-first twin of an AWS telemetry pipeline: it generates
// video telemetry, keeps it in a lake as Firehose would, answers Athena SQL about
// it, and shows the report.
//
// Main is the whole program with its surroundings as values, so that a test runs
// it in process. A verb is a file: newX declares the command and its flags, xOptions
// holds what it needs, runX does it. This package is the only one that knows which
// implementation stands behind an interface; it pipes the simulator into the lake
// and wires the lake's manifests into the engine, and neither knows the other.
package main

import "os"

func main() {
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}
