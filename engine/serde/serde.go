// Package serde turns the bytes of one object into rows as Athena's SerDes read
// them: OpenX JSON, Hive's JSON, LazySimple, OpenCSV, Regex, Grok and CloudTrail's.
//
// In: the bytes of an object, packed as the end of its name says (".gz", ".zst",
// ".bz2", ".snappy", in lower case), and the columns of its table. Out: batches of typed
// columns, and counts of everything Athena passes over without a word.
//
// What must hold of OpenX JSON, because a lake is only as good as what is read from it:
//
//   - A line is a row, always. Lines end with \n, \r\n or \r; the last one may
//     lack its end. An empty or a text line is a row of NULLs.
//   - Only the first object of a line is read. What stands behind it on the same
//     line is dropped in silence by Athena; here it is counted: Stats.Unseen.
//   - A malformed line is a row of NULLs where ignore.malformed.json is set, and
//     an error that names object and line where it is not. Not a column asked
//     for, not a line parsed: count(*) over malformed lines counts them.
//   - The parser is lenient, as the SerDe's is: single quotes, bare words,
//     comments, = and ; as separators, keys in any case with the last one
//     winning, an array that fills columns by position.
//   - No byte is trusted: gzip is checked to its last member's checksum and
//     length, a line has a maximum size, nesting a maximum depth, and bytes that
//     are not UTF-8 become U+FFFD. Every failure names the object.
//
// Speed. Well-formed objects whose keys come in the table's order, which is
// what a producer writes, take a fast path: a key is one comparison, a string is
// found by one scan and copied once, a number is read while it is scanned.
// Whatever the fast path does not know it hands, from the line's start, to the
// slow path, which is the SerDe's grammar written out. A fuzz target holds the
// two to the same answer.
//
// Terms. A line is what stands between two line ends. A record is one top-level
// JSON object, wherever it stands. A member is one gzip stream of a file; files
// may be several, end to end. A batch holds up to Options.Rows rows by columns.
package serde

import (
	"fmt"
	"strings"
)

// Options are the SerDe's properties and the limits of reading.
type Options struct {
	// IgnoreMalformed is ignore.malformed.json: a malformed line is a row of
	// NULLs instead of an error.
	IgnoreMalformed bool
	// CaseSensitive is case.insensitive = false: keys match in their own case.
	CaseSensitive bool
	// DotsInKeys is dots.in.keys: a key "a.b" matches column a_b.
	DotsInKeys bool
	// Mapping is mapping.COLUMN = KEY: the key a column is read from.
	Mapping map[string]string

	// At most one of these says that the object is of another SerDe.
	Delimited *Delimited
	CSV       *CSV
	Regex     *Regex
	Grok      *Grok
	Hive      *HiveJSON
	// Formats are timestamp.formats, patterns of Java's.
	Formats []*Pattern
	// SkipHeader is how many lines at the start of an object are no rows.
	SkipHeader int

	Rows    int // rows of a batch; 2048 where zero
	MaxLine int // bytes of a line; 256 MiB where zero
	// MaxBytes bounds what one object may unpack to; no bound where zero.
	MaxBytes int64
	MaxDepth int // nesting of a value; 512 where zero
	// Bad is how many positions of malformed lines Stats.Bad keeps; 16 where zero.
	// Stats.Odd keeps as many of each kind.
	Bad int

	// EveryRecord makes a row of each record, wherever on its line it stands, and
	// none of a line without one: what the producer wrote, not what Athena sees.
	// What cannot be read is passed over, up to where the next record begins. OpenX
	// JSON alone.
	EveryRecord bool
	// Record is told of each record of EveryRecord as it stands, and Refused of
	// what was passed over. The bytes are the reader's.
	Record  func(text []byte)
	Refused func(at Position, text []byte)
	// Salvage reads an object that is packed wrongly up to where it breaks:
	// Stats.Broken says where.
	Salvage bool
}

// Stats counts what an object held, and what Athena does not see of it.
type Stats struct {
	RawBytes  int64 // bytes as stored, compressed
	Bytes     int64 // bytes of JSON
	Members   int64 // gzip members; 0 for an object that is not gzip
	Lines     int64 // lines: the rows Athena counts
	Rows      int64 // rows given so far; equals Lines at the end
	Records   int64 // top-level JSON objects, seen or not
	Unseen    int64 // Records behind the first of their line
	UnseenAt  int64 // the first line that has any; 0 where none has
	Malformed int64 // lines that are rows of NULLs: broken JSON, text, blank lines
	NoObject  int64 // of Malformed: lines without an object at all (blank, text, a number)
	// Extra counts values under keys that are no column's. Mistyped counts values that a
	// column could not take and shows as NULL, Twice keys that stand twice in a record,
	// whatever their case, of which only the last is shown; both of columns that were
	// asked for alone. All are of records that are rows.
	Extra, Mistyped, Twice int64
	// Bad is where the first malformed lines stand, Odd where the first Mistyped and
	// Twice do.
	Bad, Odd []Position
	// Broken is what ended the object before its end, where Options.Salvage is set.
	Broken error
}

// Position is a place in an object.
type Position struct {
	Object string
	Line   int64 // from 1
	Offset int64 // of the line's first byte, in the unpacked bytes
	Why    string
}

// Add adds what another object held. Bad and Odd are kept to max positions.
func (s *Stats) Add(o Stats, max int) {
	s.RawBytes += o.RawBytes
	s.Bytes += o.Bytes
	s.Members += o.Members
	s.Lines += o.Lines
	s.Rows += o.Rows
	s.Records += o.Records
	s.Unseen += o.Unseen
	s.Malformed += o.Malformed
	s.NoObject += o.NoObject
	s.Extra += o.Extra
	s.Mistyped += o.Mistyped
	s.Twice += o.Twice
	add := func(to *[]Position, from []Position) {
		for _, p := range from {
			if len(*to) < max {
				*to = append(*to, p)
			}
		}
	}
	add(&s.Bad, o.Bad)
	add(&s.Odd, o.Odd)
}

// Error is a failure to read an object. Line is 0 where the failure is not in a
// line: broken gzip, an object that cannot be read.
type Error struct {
	Object string
	Line   int64
	Reason string
	Data   bool  // Athena names it HIVE_BAD_DATA; it has no word of the object
	Err    error // what lies beneath; may be nil
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("reading %s, line %d: %s", e.Object, e.Line, e.Reason)
	}
	return fmt.Sprintf("reading %s: %s", e.Object, e.Reason)
}

func (e *Error) Unwrap() error { return e.Err }

// Gzip says whether the object of this name is read as gzip: its name ends in
// ".gz", in lower case. Athena goes by the name alone.
func Gzip(name string) bool { return strings.HasSuffix(name, ".gz") }

// Hidden says whether Athena skips the object: a part of its name begins with
// "_" or ".".
func Hidden(key string) bool {
	for part := range strings.SplitSeq(key, "/") {
		if strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}
