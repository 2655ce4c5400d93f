package schema

import "errors"

// What a topic's log is, in the words of Kafka. engine/stream gives these and
// engine/lake takes them; neither may know the other.

// Message is a record with its place in the log.
type Message struct {
	Partition int32
	// Offset grows by at least one from message to message of a partition. It
	// skips the places of transaction markers, aborted transactions and records
	// that compaction removed, so a skip alone is no loss.
	Offset int64
	// Arrival is the record's timestamp in the log, in milliseconds since the
	// Unix epoch, UTC. Firehose files by it.
	Arrival int64
	Key     []byte
	Value   []byte
}

// Range is the messages of a partition with From <= Offset < To.
type Range struct {
	Partition int32
	From, To  int64
}

// Position is what a consumer group has committed for a partition: the next
// offset it wants, and a text of its own that is stored and read with it (Kafka's
// commit metadata, at most 4096 bytes unless the broker was told otherwise).
type Position struct {
	Partition int32
	Offset    int64
	Metadata  string
}

// Bounds are the first offset a partition still has and the one behind its last
// that readers may see.
type Bounds struct {
	First, End int64
}

// Assignment is a partition that a group member has been given: where the group
// stands, and what the log has. Committed is false where the group has never been;
// Offset is then where reading begins, and becomes lasting only when it is
// committed: a member that is to begin with what comes from now on, and ends before
// its first commit, would begin later the next time.
type Assignment struct {
	Position
	Committed bool
	Bounds
}

// Fetched is what one answer of a broker has of one partition: its bounds at that
// moment, and the messages, which may be none.
type Fetched struct {
	Partition int32
	Bounds
	// Next is the offset behind the last place that was read, whether it holds a
	// message or not: the marker of a transaction is a place too. The partition has
	// been read to its end where Next >= End. A partition whose first places are gone
	// has Bounds without messages, and goes on at First.
	Next     int64
	Messages []Message
}

// Poll is what a group member learns about its topic at a time, in the order in
// which it holds: what it has no longer, what it has been given, and what came.
type Poll struct {
	// Revoked were given up in order, after the member was asked to release them.
	// Lost were taken away: another member may have them already.
	Revoked, Lost []int32
	// Joined says that the group has the member, in a new generation. Partitions that it
	// is given come with that or later; none may come, where others have all. What is
	// Revoked or Lost ends it.
	Joined bool
	// Assigned come with each new generation of the group, partitions that the member
	// had before among them; what it held of those was released with the others.
	Assigned []Assignment
	Fetched  []Fetched
}

// ErrFenced says that the group has moved on without this member: another one may
// have its partitions, and nothing was committed.
var ErrFenced = errors.New("the group has given this member's partitions to another")

// ErrGone says that messages were asked for that retention has deleted.
var ErrGone = errors.New("the log has these messages no more")
