package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"
	_ "time/tzdata" // the same zones on every machine: they are part of keys
)

// Names evaluates a stream's prefixes and makes the names of its objects.
type Names struct {
	prefix, errors expression
	zone           *time.Location
	stream         string
	version        int
}

// ErrorType is a value of !{firehose:error-output-type}.
type ErrorType string

// What records are filed under that Parquet cannot take, that are no records, and
// whose time of the event cannot be told.
const (
	FormatConversionFailed   ErrorType = "format-conversion-failed"
	ProcessingFailed         ErrorType = "processing-failed"
	MetadataExtractionFailed ErrorType = "metadata-extraction-failed"
)

// maxPrefix is Firehose's limit on an evaluated prefix, in characters.
const maxPrefix = 512

// NewNames checks a stream's settings by Firehose's rules ("Understand custom
// prefixes for Amazon S3 objects", "Configure Amazon S3 object name format") and
// warns of what Firehose accepts and people rarely mean. An empty zone is UTC.
//
//   - !{timestamp:PATTERN} with a pattern of Java's DateTimeFormatter,
//     !{firehose:random-string}, and in errorPrefix !{firehose:error-output-type}.
//   - A prefix without a timestamp gets !{timestamp:yyyy/MM/dd/HH/} appended.
//   - errorPrefix may be empty only where prefix has no expression; one that has
//     expressions must have !{firehose:error-output-type}.
//   - Neither may evaluate to more than 512 characters.
func NewNames(stream string, version int, prefix, errorPrefix, zone string) (*Names, []Warning, error) {
	n := &Names{stream: stream, version: version}
	if err := checkStream(stream); err != nil {
		return nil, nil, err
	}
	var err error
	if n.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		return nil, nil, fmt.Errorf("reading the time zone: %q is not an IANA zone such as Asia/Tokyo", zone)
	}
	if n.prefix, err = parseExpression(prefix); err != nil {
		return nil, nil, fmt.Errorf("reading the prefix %q: %w", prefix, err)
	}
	if n.errors, err = parseExpression(errorPrefix); err != nil {
		return nil, nil, fmt.Errorf("reading the error prefix %q: %w", errorPrefix, err)
	}
	if err := n.pair(prefix, errorPrefix); err != nil {
		return nil, nil, err
	}
	return n, n.warnings(), n.lengths()
}

// names gives the names of an object kind's prefix.
func (l Layout) names() (json *Names, w []Warning, err error) {
	if json, w, err = NewNames(l.Stream, l.StreamVersion, l.Prefix, l.ErrorPrefix, l.TimeZone); err != nil {
		return nil, nil, err
	}
	return json, w, checkExtension(l.Extension)
}

// parquetNames gives the names of Parquet objects; nil where there are none.
func (l Layout) parquetNames() (*Names, error) {
	n, _, err := NewNames(l.Stream, l.StreamVersion, l.ParquetPrefix, l.ErrorPrefix, l.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("for Parquet: %w", err)
	}
	return n, nil
}

// tables gives the names of the objects of each table that the layout writes.
func (l Layout) tables() ([]*Names, error) {
	jsonNames, _, err := l.names()
	if err != nil {
		return nil, err
	}
	parquetNames, err := l.parquetNames()
	if err != nil {
		return nil, err
	}
	switch l.Format {
	case JSON:
		return []*Names{jsonNames}, nil
	case Parquet:
		return []*Names{parquetNames}, nil
	}
	return []*Names{jsonNames, parquetNames}, nil
}

// checkStream holds a stream's name to [a-zA-Z0-9_.-], 1 to 64 characters.
func checkStream(name string) error {
	ok := len(name) >= 1 && len(name) <= 64
	for _, c := range []byte(name) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_.-", c) >= 0)
	}
	if !ok {
		return fmt.Errorf("reading the stream name %q: it must be 1 to 64 letters, digits, and characters of _.-", name)
	}
	return nil
}

// checkExtension holds a file extension to Firehose's FileExtension: it begins
// with a dot, then [0-9a-z!-_.*'()].
func checkExtension(ext string) error {
	ok := strings.HasPrefix(ext, ".") && len(ext) <= 128
	for _, c := range []byte(ext) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("!-_.*'()", c) >= 0)
	}
	if !ok {
		return fmt.Errorf("reading the file extension %q: it must be a dot and then lower-case letters, digits and characters of !-_.*'()", ext)
	}
	return nil
}

// pair applies the rules that concern both prefixes.
func (n *Names) pair(prefix, errorPrefix string) error {
	if n.prefix.has(errorType) {
		return fmt.Errorf("reading the prefix %q: !{firehose:error-output-type} may stand only in the error prefix", prefix)
	}
	switch {
	case errorPrefix == "" && len(n.prefix.parts) > 0 && n.prefix.dynamic():
		return fmt.Errorf("reading the error prefix: it may be empty only where the prefix has no expressions, and the prefix is %q", prefix)
	case errorPrefix == "":
		n.errors.parts = append(n.errors.parts, part{kind: literal, text: prefix}, part{kind: errorType})
		n.errors.parts = append(n.errors.parts, defaultTime()...)
	case n.errors.dynamic() && !n.errors.has(errorType):
		return fmt.Errorf("reading the error prefix %q: one with expressions must have !{firehose:error-output-type}", errorPrefix)
	}
	if !n.prefix.has(timestamp) {
		n.prefix.parts = append(n.prefix.parts, defaultTime()...)
	}
	return nil
}

// lengths holds both prefixes to the limit, at an instant whose text is as long
// as any.
func (n *Names) lengths() error {
	long := time.Date(2025, time.September, 24, 22, 22, 22, 999999999, time.UTC).UnixMilli() // a Wednesday
	for what, text := range map[string]string{
		"prefix":       n.Prefix(long, ""),
		"error prefix": n.ErrorPrefix(FormatConversionFailed, long, ""),
	} {
		if got := len([]rune(text)); got > maxPrefix {
			return fmt.Errorf("reading the %s: it evaluates to %d characters, more than %d", what, got, maxPrefix)
		}
	}
	return nil
}

// Prefix evaluates the prefix for an instant in milliseconds since the Unix
// epoch. Random strings derive from seed and differ within the prefix.
func (n *Names) Prefix(ms int64, seed string) string {
	return n.prefix.evaluate(n.at(ms), "", seed)
}

// folder gives the folder of the objects of an instant, "./" for the root.
func (n *Names) folder(ms int64) string { return path.Dir(n.Prefix(ms, "")+"x") + "/" }

// ErrorPrefix evaluates the error prefix.
func (n *Names) ErrorPrefix(kind ErrorType, ms int64, seed string) string {
	return n.errors.evaluate(n.at(ms), kind, seed)
}

func (n *Names) at(ms int64) time.Time { return time.UnixMilli(ms).In(n.zone) }

// Object gives what follows the prefix: stream, version, time and a UUID.
func (n *Names) Object(ms int64, id [16]byte, extension string) string {
	return fmt.Sprintf("%s-%d-%s-%s%s", n.stream, n.version, n.at(ms).Format("2006-01-02-15-04-05"), uuidText(id), extension)
}

func uuidText(id [16]byte) string {
	u := hex.EncodeToString(id[:])
	return u[:8] + "-" + u[8:12] + "-" + u[12:16] + "-" + u[16:20] + "-" + u[20:]
}

// objectID names an object by what it holds: a UUID of version 8 (RFC 9562) from
// the SHA-256 of its stream, run, delivery buffer and place in the buffer. A
// rerun finds the same key.
func objectID(stream, run, kind string, buffer, sequence int) (id [16]byte) {
	return uuid(fmt.Appendf(nil, "acme object\n%s\n%s\n%s\n%d\n%d\n", stream, run, kind, buffer, sequence))
}

// uuid gives the UUID of version 8 of what identifies an object.
func uuid(identity []byte) (id [16]byte) {
	sum := sha256.Sum256(identity)
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// Warning is something that is accepted and probably not meant.
type Warning string

// partKind is what a part of a prefix is.
type partKind uint8

const (
	literal partKind = iota
	timestamp
	randomString
	errorType
)

type part struct {
	kind    partKind
	text    string
	pattern javaPattern
}

// expression is a parsed prefix.
type expression struct{ parts []part }

func (e expression) has(k partKind) bool {
	for _, p := range e.parts {
		if p.kind == k {
			return true
		}
	}
	return false
}

func (e expression) dynamic() bool {
	return e.has(timestamp) || e.has(randomString) || e.has(errorType)
}

func defaultTime() []part {
	pattern, err := parseJavaPattern("yyyy/MM/dd/HH/")
	if err != nil {
		panic(err) // a constant
	}
	return []part{{kind: timestamp, text: "yyyy/MM/dd/HH/", pattern: pattern}}
}

// parseExpression reads a prefix.
func parseExpression(text string) (expression, error) {
	e := expression{}
	if strings.HasPrefix(text, "/") {
		return e, errors.New("it begins with a slash, which S3 would take as a folder without a name")
	}
	for text != "" {
		before, rest, found := strings.Cut(text, "!{")
		if before != "" {
			if err := checkLiteral(before); err != nil {
				return e, err
			}
			e.parts = append(e.parts, part{kind: literal, text: before})
		}
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			return e, fmt.Errorf("!{%s has no closing }", rest)
		}
		p, err := parsePart(inner)
		if err != nil {
			return e, fmt.Errorf("!{%s}: %w", inner, err)
		}
		e.parts = append(e.parts, p)
		text = after
	}
	return e, nil
}

// checkLiteral refuses characters that no key of a store may have.
func checkLiteral(text string) error {
	for _, r := range text {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\\' || r == '\uFFFD' {
			return fmt.Errorf("the character %q cannot be in a key", r)
		}
	}
	return nil
}

func parsePart(inner string) (part, error) {
	namespace, value, ok := strings.Cut(inner, ":")
	if !ok {
		return part{}, errors.New("an expression is !{namespace:value}")
	}
	switch namespace {
	case "timestamp":
		pattern, err := parseJavaPattern(value)
		return part{kind: timestamp, text: value, pattern: pattern}, err
	case "firehose":
		switch value {
		case "random-string":
			return part{kind: randomString}, nil
		case "error-output-type":
			return part{kind: errorType}, nil
		}
		return part{}, errors.New("the namespace firehose has random-string and error-output-type")
	case "partitionKeyFromQuery", "partitionKeyFromLambda":
		return part{}, fmt.Errorf("dynamic partitioning by keys (%s) is not supported here; for the event's own time partition by event", namespace)
	}
	return part{}, fmt.Errorf("there is no namespace %q; known are timestamp and firehose", namespace)
}

// evaluate gives the text of a prefix. All timestamps are one instant, every
// random string is another.
func (e expression) evaluate(t time.Time, kind ErrorType, seed string) string {
	var b strings.Builder
	for i, p := range e.parts {
		switch p.kind {
		case literal:
			b.WriteString(p.text)
		case timestamp:
			p.pattern.format(&b, t)
		case randomString:
			// Firehose's are the first 11 characters of a UUID.
			sum := sha256.Sum256(fmt.Appendf(nil, "acme random\n%s\n%d\n", seed, i))
			h := hex.EncodeToString(sum[:8])
			b.WriteString(h[:8] + "-" + h[8:10])
		case errorType:
			b.WriteString(string(kind))
		}
	}
	return b.String()
}

// warnings names the traps of a stream's patterns.
func (n *Names) warnings() []Warning {
	out := []Warning{}
	for _, e := range []expression{n.prefix, n.errors} {
		for _, p := range e.parts {
			if p.kind == timestamp {
				out = append(out, p.pattern.warnings()...)
			}
		}
	}
	return out
}

// fine says whether the prefix may differ within a minute.
func (n *Names) fine() bool {
	for _, p := range n.prefix.parts {
		for _, f := range p.pattern.fields {
			if strings.IndexByte("sSAnN", f.letter) >= 0 && f.letter != 0 {
				return true
			}
		}
	}
	return false
}

// eventPrefixes evaluates a prefix for the times of events. Most events share
// their minute with others, and few patterns look further.
type eventPrefixes struct {
	names    *Names
	fine     bool
	byMinute map[int64]string
}

func newEventPrefixes(n *Names) *eventPrefixes {
	return &eventPrefixes{names: n, fine: n.fine(), byMinute: map[int64]string{}}
}

func (e *eventPrefixes) of(ms int64) string {
	if e.fine {
		return e.names.Prefix(ms, "")
	}
	minute := ms / 60_000
	if p, ok := e.byMinute[minute]; ok {
		return p
	}
	if len(e.byMinute) > 10_000 {
		clear(e.byMinute)
	}
	p := e.names.Prefix(ms, "")
	e.byMinute[minute] = p
	return p
}
