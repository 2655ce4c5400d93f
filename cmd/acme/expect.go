package main

import (
	"errors"
	"iter"

	"acme/telemetry/engine/sim"
	"acme/telemetry/schema"
)

// expectedEvents gives about how many events a run makes, for progress; 0 where
// it cannot be told.
func expectedEvents(g *generation) int64 {
	e, err := g.scenario.Explain(g.window)
	if err != nil || g.shard.N == 0 {
		return 0
	}
	return e.Records / int64(g.shard.N)
}

// errEnough ends a dimension's rows early.
var errEnough = errors.New("enough rows")

// dimensionRows gives the values of a dimension's records one by one, as the lake
// takes them. The error is complete when the sequence has ended.
func dimensionRows(of func(*sim.Scenario, func([]schema.Record) error) error, sc *sim.Scenario) (iter.Seq[[]byte], func() error) {
	var err error
	rows := func(yield func([]byte) bool) {
		err = of(sc, func(batch []schema.Record) error {
			for i := range batch {
				if !yield(batch[i].Value) {
					return errEnough
				}
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			err = nil
		}
	}
	return rows, func() error { return err }
}
