package lake

import (
	"context"

	"acme/telemetry/schema"
)

// Log is what an Exporter needs of a topic and of its membership in a consumer
// group. All methods but Read are called from one goroutine at a time; Read also
// while another method runs.
type Log interface {
	// Poll waits for what comes next. Where ctx ends before anything has come it
	// gives nothing, and no error. The messages' bytes are the caller's to keep.
	//
	// release is called, from any goroutine, while Poll runs and while the member
	// still owns the partitions, just before they are given up; Poll does not
	// return before release has. A change of the group takes all partitions away,
	// so release is told all of them; afterwards the member owns nothing until
	// Poll.Assigned says so. It is not called for partitions that are lost: of
	// these only Poll.Lost tells. The context of release ends when the group
	// will wait no longer.
	//
	// Reading begins at each Assignment's offset. Where the log has that no more it
	// goes on at Bounds.First, and says so with the bounds alone.
	Poll(ctx context.Context, release func(ctx context.Context, partitions []int32)) (schema.Poll, error)
	// Commit stores positions, all in one request, so that all of them hold or
	// none. It may be called within release. It retries what is worth it; where
	// the member owns the partitions no more its error is schema.ErrFenced.
	Commit(ctx context.Context, positions []schema.Position) error
	// Read gives the visible messages of a range of any partition of the topic,
	// owned or not, in their order, and returns nil when it has given all of them.
	// It ends with yield's error. Where the log has some of the range no more its
	// error is schema.ErrGone. The bytes are the caller's to keep.
	Read(ctx context.Context, r schema.Range, yield func(schema.Message) error) error
	// Pause keeps Poll from giving messages of partitions, Resume ends that. What
	// is assigned anew is not paused.
	Pause(partitions []int32)
	Resume(partitions []int32)
}
