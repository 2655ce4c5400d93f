package sim

import "acme/telemetry/schema"

// Window is a span of arrival time, [From, To), in milliseconds since the Unix
// epoch, UTC. Windows that tile a span give the records of the span.
type Window struct{ From, To int64 }

// Shard is part I of N, 0 <= I < N <= Lanes. The N shards of a window give,
// merged by Less, the records of the window.
type Shard struct{ I, N int }

// Job says what Generate is to make and where it goes.
type Job struct {
	Window Window
	// Shard is the whole where it is the zero value.
	Shard Shard
	// Workers is how many goroutines make records; 1 where it is 0. It changes
	// the time a run takes and nothing else.
	Workers int
	// Emit takes the records, in order of arrival. The batch and the bytes it
	// points to are the callee's until it returns. Calls come one after
	// another, from the goroutine that called Generate, while the next batch is
	// being made. An error ends the run and is returned as it is.
	Emit func([]schema.Record) error
	// Truth takes the labels of faults, in the order of the records they speak
	// of, after those records went to Emit. No labels are made where it is nil.
	Truth func([]Truth) error
}
