// Package lake turns records into the objects that Firehose would have made of
// them, keeps the books of these objects, and reads them as Athena does.
//
// What comes in: records (schema.Record), in the order of their arrival, with
// the identity of the run that makes them (Writer), or the log of a topic
// (Exporter). What goes out: objects in a store.
//
//	telemetry/year=2025/month=08/day=11/hour=17/AcmeTelemetry-MSK-to-S3-1-2025-08-11-17-35-00-<uuid>.gz
//	telemetry_parquet/year=.../....parquet    the same records, where Parquet is asked for
//	errors/format-conversion-failed/year=.../ records that Parquet could not take
//	errors/processing-failed/...              what was in a topic and is no record
//	errors/metadata-extraction-failed/...     records without the time they are to be filed by
//	dimensions/titles/..., dimensions/customers/...
//	_acme/runs/...       who writes which hours: put first
//	_acme/truth/...      labels of injected faults
//	_acme/manifests/...  rows, bytes and SHA-256 of each object: put after them
//	_acme/done/...       what a complete run has written: put last
//	_acme/exports/...    how an export makes objects of a topic: put before its first plan
//	_acme/migrations/... which objects a part of Parquet is made of: put before it
//	_acme/privacy/...    what becomes of addresses in a table, where they are not kept
//	_acme/suppressed/... who was erased, by tokens: put before anything is erased
//
// What must hold:
//
//   - An object is what Firehose makes. Records are gathered until their bytes
//     reach a size or the oldest has waited an interval; the prefix is evaluated
//     for the arrival of the oldest record; nothing is put between records
//     unless a delimiter is asked for.
//   - Time is virtual. A buffer's clock is the arrival of the records that pass,
//     so the same records give the same objects: same keys, same bytes, however
//     many cores compress them and however the records are batched.
//   - A run has a name: scenario, seed, version, layout, window and shard. The
//     name is part of every object's key. Running it again changes nothing;
//     running it after it was cut short finishes it; another run in the same
//     hours is refused before anything is touched.
//   - What is written is written once. Memory does not grow with the objects:
//     blocks of an object are compressed on all cores and pass on to the store
//     while its records still come.
//   - A lake is anybody's. Data can be read without any file of ours, and a lake
//     without our files, a real bucket, can be read by us.
//
// A manifest belongs to one partition (the folder of a table's hour) and one
// run, not to one object: it is written once, when the run's last object of the
// partition is published, so an hour costs one more object and not 48 more;
// shards of a run and runs of other windows write manifests of their own beside
// it, since nothing is ever replaced.
//
// An export has no window and no end, so its unit is the cut: some ranges of
// offsets of a topic. What the cut is, is written into the consumer group before
// anything of it is put, and names all of it; each folder of a cut has a manifest
// of its own, with the ranges. See Exporter.
//
// A migration makes Parquet of a table's JSON objects, whoever wrote them: a part of all
// records of the objects that a folder has, read back by another reader and held against
// them before it is put. See Migrate. A repair writes such objects anew into another
// lake. See Repair.
//
// An erasure takes the records of customers out of every object, and retention takes whole
// folders: see Erase and Retain. Both stay in the books as manifests of what is void, so
// that nobody puts it again. See gonePrefix.
//
// Terms. A part is a Parquet object of a migration. A delivery buffer gathers records of the keys that hash to it, as a
// Firehose stream's workers do. A partition is a folder with NAME=VALUE parts.
// A run is one execution of a generator; a source is what its records come from
// (scenario, seed, version) and how they are laid out.
package lake

import (
	"fmt"
	"runtime"
	"time"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// Names of what the lake keeps beside the data. They begin with _ so that
// Athena, Hive and Spark pass them by.
const (
	runsPrefix      = "_acme/runs/"
	donePrefix      = "_acme/done/"
	truthPrefix     = "_acme/truth/"
	manifestsPrefix = "_acme/manifests/"
)

// Config says what a Writer writes and where.
type Config struct {
	Store  store.Store
	Run    Run
	Layout Layout
	// Workers is how many blocks are compressed at once; every core where zero.
	// It changes how long a run takes and nothing else.
	Workers int
}

// Run is the identity of one execution of a generator.
type Run struct {
	Scenario string `json:"scenario"` // its name
	Digest   string `json:"digest"`   // of the scenario with everything it is made of
	Seed     int64  `json:"seed"`
	Version  string `json:"version"` // of the program that made the records
	// From and To are the window of arrival, [From, To), in milliseconds since
	// the Unix epoch, UTC.
	From   int64 `json:"from"`
	To     int64 `json:"to"`
	Shard  int   `json:"shard"`  // from 0
	Shards int   `json:"shards"` // 1 where zero
}

// Layout is how records become objects: what one sets on a Firehose stream.
type Layout struct {
	Stream        string `json:"stream"`
	StreamVersion int    `json:"stream_version"`
	// Prefix, ErrorPrefix and ParquetPrefix are Firehose prefix expressions.
	Prefix        string `json:"prefix"`
	ErrorPrefix   string `json:"error_prefix"`
	ParquetPrefix string `json:"parquet_prefix"`
	TimeZone      string `json:"time_zone"` // IANA name, CustomTimeZone; UTC where empty
	Extension     string `json:"extension"` // of JSON objects; ".gz" where empty

	BufferSize     int64         `json:"buffer_size"`     // bytes before compression
	BufferInterval time.Duration `json:"buffer_interval"` // from the oldest record's arrival
	Buffers        int           `json:"buffers"`         // delivery buffers

	Delimiter   Delimiter   `json:"delimiter"`
	Format      Format      `json:"format"`
	PartitionBy PartitionBy `json:"partition_by"`
	// Level is the general compressor's, 1 to 9; 0 codes records by their shape,
	// which is faster than its level 1 and nearly as small as its level 5.
	Level int    `json:"level"`
	Codec string `json:"codec"` // of Parquet: zstd, snappy, gzip
	// IP is what becomes of the viewers' addresses, in an export; a Writer keeps them.
	IP IPRule `json:"ip,omitzero"`
}

// Delimiter is what stands behind each record of a JSON object.
type Delimiter string

// Firehose puts nothing between records unless AppendDelimiterToRecord is set.
const (
	Newline Delimiter = "newline"
	None    Delimiter = "none"
)

// Format is what kinds of object a run writes.
type Format string

// JSON goes to Layout.Prefix, Parquet to Layout.ParquetPrefix.
const (
	JSON    Format = "json"
	Parquet Format = "parquet"
	Both    Format = "both"
)

// PartitionBy is the time that a record's prefix is evaluated for.
type PartitionBy string

// Firehose knows only the arrival of an object's oldest record. ByEvent is what
// its dynamic partitioning does with the event's own time.
const (
	ByArrival PartitionBy = "arrival"
	ByEvent   PartitionBy = "event"
)

// DefaultLayout is the deployment's: see the Firehose stream
// AcmeTelemetry-MSK-to-S3. The exception is the delimiter: the deployment has
// none, which is the accident this project shows; a new lake should not repeat it.
func DefaultLayout() Layout {
	return Layout{
		Stream: "AcmeTelemetry-MSK-to-S3", StreamVersion: 1,
		Prefix:        schema.Events().Prefix + hourExpression,
		ParquetPrefix: schema.EventsMigrated().Prefix + hourExpression,
		ErrorPrefix:   "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/",
		TimeZone:      "UTC", Extension: ".gz",
		BufferSize: 128 << 20, BufferInterval: 300 * time.Second, Buffers: 4,
		Delimiter: Newline, Format: JSON, PartitionBy: ByArrival, Codec: "zstd",
	}
}

const hourExpression = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"

// Limits of Firehose's buffering hints, and ours on how many buffers there are.
const (
	maxBufferSize     = 128 << 20
	maxBufferInterval = 900 * time.Second
	maxBuffers        = 256
)

// withDefaults fills the fields that may be left out.
func (l Layout) withDefaults() Layout {
	d := DefaultLayout()
	set(&l.Stream, d.Stream)
	set(&l.StreamVersion, d.StreamVersion)
	set(&l.Prefix, d.Prefix)
	set(&l.ParquetPrefix, d.ParquetPrefix)
	set(&l.ErrorPrefix, d.ErrorPrefix)
	set(&l.TimeZone, d.TimeZone)
	set(&l.Extension, d.Extension)
	set(&l.BufferSize, d.BufferSize)
	set(&l.BufferInterval, d.BufferInterval)
	set(&l.Buffers, d.Buffers)
	set(&l.Delimiter, d.Delimiter)
	set(&l.Format, d.Format)
	set(&l.PartitionBy, d.PartitionBy)
	set(&l.Codec, d.Codec)
	l.IP = l.IP.normal()
	return l
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Check says what is wrong with a layout, and warns of what is allowed and
// rarely meant. Fields that are left out have DefaultLayout's values.
func (l Layout) Check() ([]Warning, error) {
	l = l.withDefaults()
	_, warnings, err := l.names()
	if err == nil {
		_, err = l.parquetNames()
	}
	if err != nil {
		return nil, err
	}
	if !serde.Gzip(l.Extension) {
		warnings = append(warnings, Warning(fmt.Sprintf("the extension %s: Athena takes only objects named .gz for gzip, and reads these as text", l.Extension)))
	}
	bad := func(what string, got any, want string) error {
		return fmt.Errorf("checking the layout: %s is %v; it must be %s", what, got, want)
	}
	switch {
	case l.StreamVersion < 1:
		return nil, bad("the stream's version", l.StreamVersion, "1 or more")
	case l.BufferSize < 1 || l.BufferSize > maxBufferSize:
		return nil, bad("the buffer size", l.BufferSize, "1 to 134217728 bytes (128 MiB)")
	case l.BufferInterval < time.Millisecond || l.BufferInterval > maxBufferInterval:
		return nil, bad("the buffer interval", l.BufferInterval, "more than 0 and at most 900s")
	case l.Buffers < 1 || l.Buffers > maxBuffers:
		return nil, bad("the number of buffers", l.Buffers, "1 to 256")
	case l.Delimiter != Newline && l.Delimiter != None:
		return nil, bad("the delimiter", l.Delimiter, "newline or none")
	case l.Format != JSON && l.Format != Parquet && l.Format != Both:
		return nil, bad("the file format", l.Format, "json, parquet or both")
	case l.PartitionBy != ByArrival && l.PartitionBy != ByEvent:
		return nil, bad("the time to partition by", l.PartitionBy, "arrival or event")
	case l.Level < 0 || l.Level > 9:
		return nil, bad("the gzip level", l.Level, "0 to 9")
	}
	if _, err := codec(l.Codec); err != nil {
		return nil, err
	}
	return warnings, l.IP.check()
}

func (c Config) withDefaults() Config {
	c.Layout = c.Layout.withDefaults()
	set(&c.Workers, runtime.GOMAXPROCS(0))
	set(&c.Run.Shards, 1)
	return c
}

func (r Run) check() error {
	switch {
	case r.Digest == "":
		return fmt.Errorf("starting a run: it has no digest of its scenario, so it could not be told from another")
	case r.From >= r.To:
		return fmt.Errorf("starting a run: its window ends at %s, not after its start at %s", stamp(r.To), stamp(r.From))
	case r.From < 0 || r.To > maxTime:
		return fmt.Errorf("starting a run: its window from %s to %s leaves the years 1970 to 9999", stamp(r.From), stamp(r.To))
	case r.Shard < 0 || r.Shard >= r.Shards:
		return fmt.Errorf("starting a run: there is no shard %d of %d", r.Shard, r.Shards)
	}
	return nil
}

// maxTime is 9999-12-31T23:59:59.999Z.
const maxTime = 253402300799999

// stamp is an instant in a form fit for keys and for people: 20250811T170000Z,
// with milliseconds only where there are some.
func stamp(ms int64) string {
	t := time.UnixMilli(ms).UTC()
	if ms%1000 != 0 {
		return t.Format("20060102T150405.000Z")
	}
	return t.Format("20060102T150405Z")
}
