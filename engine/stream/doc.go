// Package stream carries records to and from a topic of Kafka or Amazon MSK.
//
// What comes in: records (package schema) in order of arrival, on the way to the
// topic; on the way back, the topic's own messages with partition and offset.
//
// What must hold: a run of the generator publishes each of its records exactly once,
// however often it is killed and started again. It does so because how far the run
// is stands in the log too, written by the transaction that writes the records:
// both are visible or neither is. A record lies on the partition that the Java
// client chooses for its key, and has the arrival as its timestamp. Nothing is ever
// skipped silently: where a consumer stands, and where it starts when it never
// stood anywhere, is said by the caller and never guessed.
//
// What goes out: a topic that any Kafka client reads, at isolation level
// read_committed; and from it schema's Fetched and Assignment.
//
// Terms. The run is what the generator was asked for: scenario, seed, window, shard
// and topic; its name is the transactional id. The position is how many records of the
// run are published. A stretch is a span of arrivals that a run publishes without a
// gap: a generator's has no end, a backfill's begins and is finished, and its end is
// in the transaction of its last record, so that the position says which hours are
// there. A mechanism is how one proves who one is to a broker: AWS_MSK_IAM,
// SCRAM-SHA-512, a client certificate, or not at all (plaintext). The principal is who
// one then is. A cluster is starting while it can be reached and answers that a
// coordinator or a leader is still missing; that is waited for, as is a broker that
// does not listen yet, up to Config.Patience. A member is a Consumer as its group
// knows it; the group's generation changes with its members, and a member of an older
// one is fenced.
//
// Errors. AccessError is a cluster that refuses who asks, UnreachableError one that
// does not answer; both say what to check. RetentionError, TruncatedError and
// RecreatedError are a log that does not have any more what was, or was to be, read;
// all are schema.ErrGone.
//
// Broker is a twin of the cluster itself, for development.
package stream
