package schema

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
// stands, Committed false where it has never been, and what the log has.
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
	Messages []Message
}
