// Package engine holds no code: it is the page that says how the data goes, and
// the test that keeps the house as the page says.
//
// # The data's way
//
//	scenario -> events -> topic -> objects -> tables -> SQL -> report -> screen
//	   sim        sim     stream  store/lake   serde   dialect   report    tui
//	                                                   duckdb
//
// A scenario (engine/sim) is a small YAML file. With a seed it names every event
// that will ever happen in it: any window of time and any shard can be generated
// alone, on any machine, and the parts add up to the whole. What comes out are
// records (package schema): the bytes that Kafka and Firehose carry, a key, and
// the time of arrival.
//
// The stream (engine/stream) carries records to a topic of Kafka or Amazon MSK and
// back. A run of the generator publishes each of its records exactly once, however
// often it is killed: how far it is stands in the log, in the same transaction.
// A run that needs no Kafka goes past it, from events to objects.
//
// The lake (engine/lake) does to records what Firehose does: it buffers them by
// size or interval, names each object by the arrival of its oldest record, and
// publishes it into year=/month=/day=/hour= folders. It adds what Firehose lacks:
// the same records always make the same objects, so a rerun changes nothing, and
// a manifest with rows, bytes and SHA-256 of each object, written last. Of a topic
// it puts each record into exactly one object, whatever is killed when, since an
// object is planned in the consumer group before it is written. Bytes lie in a store
// (engine/store), which publishes whole objects or none and never replaces one: a
// folder, or a bucket (engine/store/s3). What is personal it can leave out on the way,
// and take out again: customers from every object, hours that are over as a whole. That
// stays in the books, so that the same records do not come back.
//
// The SerDe (engine/serde) reads an object as Athena reads it, which is not always
// as it was written: of several records on a line only the first is a row, a
// malformed line is a row of NULLs. It counts what it does not show.
//
// The dialect (engine/dialect) turns Athena SQL into DuckDB SQL through a typed
// tree. What it does not know it refuses, with the place: an answer is Trino's
// answer or there is none. The engine (engine/query/duckdb) runs it in a child
// process that can read the lake and nothing else; another (engine/query/trino) sends
// the text to a Trino server as it is. Package query says what a
// statement, a result and an error are, whichever engine answers.
//
// What changes tables (engine/tables) stands before that engine: it keeps the lake's
// catalog with what statements have made of it, and writes the rows that CREATE
// TABLE AS, INSERT and UNLOAD ask for, verified before they are visible.
//
// The report (engine/report) asks the questions in package sql, which are files
// that Athena runs as they stand, and lays the answers out as text, Markdown,
// JSON and HTML. The screen (package tui) shows the same document.
//
// # What must hold
//
//   - The same seed gives the same bytes: on the path from scenario to object there
//     is no clock, no floating point, no map order and no global.
//   - A visible object is whole. Nothing is ever replaced; a run that was cut short
//     is finished by running it again. What is erased is deleted, and void from then on.
//   - No answer is silently different from Athena's. Rows that Athena does not see
//     are not seen here either, and are counted.
//   - Nobody's SQL reads outside the lake. What a statement writes lies in the lake
//     too, in places where nothing was.
//
// # Floors
//
// A package may import those of lower floors that the policy in floors_test.go
// lists for it, and nothing else of the project.
//
//	0  schema, sql, engine/floattext, engine/inflate
//	1  engine/deflate, engine/sim, engine/store, engine/store/s3, engine/serde, engine/dialect, engine/query
//	2  engine/stream, engine/lake, engine/query/duckdb, engine/query/trino, engine/report
//	3  engine/tables, tui
//	4  cmd/acme
//
// sim, stream and lake never meet: cmd/acme pipes batches of records from one into
// the other, so that a simulation can go to a lake, to a stream, to stdout or nowhere,
// and a stream to a lake. What a topic's messages and positions are stands in schema.
//
// floattext is how Java writes a double, which results and casts share. deflate packs
// records of one shape, an object's blocks and a topic's batches, and proves what it made by
// inflate, which unpacks what lies in memory whole.
//
// store/s3 stands beside store and not in it for its weight: the AWS SDK, which it
// alone imports for S3. Who needs a store takes the interface; cmd/acme opens it.
//
// serde is a floor-1 package because two secrets above it need the same one
// below: lake inspects and converts objects by the rules of the SerDe, and the
// DuckDB engine scans by them; neither may know the other.
package engine
