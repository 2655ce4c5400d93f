// Package sim turns a scenario into the events of an audience that watches
// video: the same bytes for the same seed, on any machine, in any order of
// making them.
//
// What comes in is a Scenario (a YAML file, decoded strictly by one table of
// fields), a window of arrival time and a shard. What goes out is batches of
// schema.Record in order of arrival and, beside them, the truth about every
// fault. What must hold:
//
//   - A window that any windows tile, or any shards of it, gives the records of
//     the whole; the number of workers changes nothing. So a day is made by 24
//     machines, and an hour again without the day.
//   - No decision disturbs another. A run with one incident more differs from the
//     run without it in the sessions that the incident hit, and in nothing else.
//   - No number on the way to bytes is binary64: compilers may fuse, and libraries
//     round, as they like. Everything is an integer or a fixed-point number.
//
// How. Every random number is Philox2x64-10 of (key, entity, draw): the key is
// made of the seed and the name of one decision, the purpose; the entity is the
// visit, the customer or the title it is about. There is no generator whose
// state a decision could advance for the next one.
//
// The audience is divided into 64 lanes, by customer. A lane's visits are a
// Poisson process: a cell of 60 seconds has a number of candidates drawn at the
// curve's maximum, and a candidate becomes a visit with the probability that
// the local hour has there (thinning). Whatever the cell, its visits are drawn
// from the cell's number alone, so a window can begin anywhere: it looks back as
// far as a visit can last and draws what began there. Five classes of visits, by
// how long the viewer means to watch, keep that cheap: only the long ones are
// looked for far back. Delays that faults add lengthen the look-back.
//
// A visit becomes events: start, then pause and resume in turn, then stop or
// complete. Each goes its way to the broker with a delay, may be hit by faults,
// and waits in its lane for the cell of its arrival. When the cell comes, lanes
// sort what arrives, a tournament merges them, and an encoder writes the JSON. The
// order, by (arrival, session, sequence number, copy), is total.
//
// Memory follows the visits that are running, not the window.
//
// Terms. Engine: the meaning of all this, a number in the scenario; other bytes
// are another engine. Purpose: the name of one decision. Lane, cell, class: the
// parts a Poisson process is split into. Shard: lanes i, i+n, i+2n and so on.
// Fault: something that goes wrong on purpose; an incident is one that happens to
// sessions. Truth: what a fault did, to which event.
//
// The model and its figures: Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3" (SC'11); Krishnan and Sitaraman, "Video stream quality impacts viewer
// behavior" (IMC'12); Veloso et al., "A hierarchical characterization of a live
// streaming media workload" (IMW'02); and the report of 2025-08-11, with which
// the population agrees in the sense of population_test.go.
package sim
