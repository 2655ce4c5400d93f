package duckdb

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"acme/telemetry/engine/query"
)

// Between parent and child go frames: four bytes of length, low byte first, one
// byte of kind, and the payload. Either side takes the other's word for nothing:
// a length has a bound, and a payload that ends early is an error.
const (
	frameConfig  = 'g' // parent: Config as JSON, once, first
	frameQuery   = 'q' // parent: order as JSON
	frameCancel  = 'x' // parent: order as JSON; ends the statement of that number
	frameReady   = 'y' // child: hello as JSON, once
	frameReading = 'r' // child: the key of the object it reads next
	frameColumns = 'c' // child: []query.Column as JSON
	frameRows    = 'v' // child: rows
	frameDone    = 'd' // child: query.Stats as JSON; the statement is over
	frameError   = 'e' // child: failure as JSON; the statement is over
)

// maxFrame is how long a frame may be: a row with a text of the longest line
// that is read must fit.
const maxFrame = 1 << 30

// rowsBytes is about how many bytes of rows go into one frame.
const rowsBytes = 256 << 10

// order is a statement to run, or to end. The number tells a cancel that comes
// late which statement it is not about.
type order struct {
	ID      int64         `json:"id"`
	Request query.Request `json:"request"`
}

// hello is what the child says once it is ready.
type hello struct {
	Spill   string `json:"spill"`
	Sandbox string `json:"sandbox"` // what the kernel holds it to
	Error   string `json:"error,omitempty"`
}

// failure is an error on its way through the pipe.
type failure struct {
	Query   *query.Error `json:"query,omitempty"`
	Text    string       `json:"text,omitempty"` // of an error that is no query.Error
	Stopped bool         `json:"stopped,omitempty"`
	Denied  bool         `json:"denied,omitempty"` // the system does not let us read something
	Broken  bool         `json:"broken,omitempty"` // the process cannot take another statement
	Stats   query.Stats  `json:"stats"`
}

// frameWriter writes frames; any goroutine may.
type frameWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (f *frameWriter) write(kind byte, payload []byte) error {
	if len(payload) > maxFrame {
		return fmt.Errorf("a result row of %d bytes is too long to hand over", len(payload))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var head [5]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(payload)))
	head[4] = kind
	if _, err := f.w.Write(head[:]); err != nil {
		return err
	}
	_, err := f.w.Write(payload)
	return err
}

func (f *frameWriter) json(kind byte, v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.write(kind, payload)
}

// readFrame reads one frame. Memory grows as bytes come, not as the length says.
func readFrame(r *bufio.Reader) (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n > maxFrame {
		return 0, nil, fmt.Errorf("a frame of %d bytes", n)
	}
	if n <= 1<<20 {
		payload = make([]byte, n)
		_, err = io.ReadFull(r, payload)
		return head[4], payload, err
	}
	payload, err = io.ReadAll(io.LimitReader(r, n))
	if err == nil && int64(len(payload)) < n {
		err = io.ErrUnexpectedEOF
	}
	return head[4], payload, err
}

// Values in a frame of rows: one byte of kind, then the value.
const (
	valueNull = iota
	valueFalse
	valueTrue
	valueInt
	valueFloat
	valueString
	valueText
	valueBytes
	valueList
	valueMap
)

func appendRow(out []byte, row query.Row) []byte {
	for _, v := range row {
		out = appendWire(out, v)
	}
	return out
}

func appendWire(out []byte, value any) []byte {
	sized := func(kind byte, n int) []byte { return binary.AppendUvarint(append(out, kind), uint64(n)) }
	switch v := value.(type) {
	case bool:
		if v {
			return append(out, valueTrue)
		}
		return append(out, valueFalse)
	case int64:
		return binary.AppendVarint(append(out, valueInt), v)
	case float64:
		return binary.LittleEndian.AppendUint64(append(out, valueFloat), math.Float64bits(v))
	case string:
		return append(sized(valueString, len(v)), v...)
	case query.Text:
		return append(sized(valueText, len(v)), v...)
	case []byte:
		return append(sized(valueBytes, len(v)), v...)
	case []any:
		out = sized(valueList, len(v))
		for _, item := range v {
			out = appendWire(out, item)
		}
		return out
	case query.Map:
		out = sized(valueMap, len(v))
		for _, e := range v {
			out = appendWire(appendWire(out, e.Key), e.Value)
		}
		return out
	}
	return append(out, valueNull)
}

// wire reads values back. The first thing that does not fit ends it.
type wire struct {
	b   []byte
	err error
}

var errWire = errors.New("a frame of rows is cut short or no frame of rows")

// rows reads rows of width values.
func (w *wire) rows(width int) ([]query.Row, error) {
	var out []query.Row
	for len(w.b) > 0 && w.err == nil {
		row := make(query.Row, width)
		for i := range row {
			row[i] = w.value(0)
		}
		out = append(out, row)
		if width == 0 {
			return nil, errWire
		}
	}
	return out, w.err
}

func (w *wire) fail() { w.b, w.err = nil, errWire }

func (w *wire) size() int {
	n, used := binary.Uvarint(w.b)
	if used <= 0 || n > uint64(len(w.b)-used) { // every item has a byte at least
		w.fail()
		return 0
	}
	w.b = w.b[used:]
	return int(n)
}

func (w *wire) take(n int) []byte {
	if n > len(w.b) {
		w.fail()
		return nil
	}
	b := w.b[:n]
	w.b = w.b[n:]
	return b
}

func (w *wire) value(depth int) any {
	kind := w.take(1)
	if kind == nil || depth > 1000 {
		w.fail()
		return nil
	}
	switch kind[0] {
	case valueNull:
	case valueFalse, valueTrue:
		return kind[0] == valueTrue
	case valueInt:
		n, used := binary.Varint(w.b)
		if used <= 0 {
			w.fail()
			return nil
		}
		w.b = w.b[used:]
		return n
	case valueFloat:
		if b := w.take(8); b != nil {
			return math.Float64frombits(binary.LittleEndian.Uint64(b))
		}
	case valueString:
		return string(w.take(w.size()))
	case valueText:
		return query.Text(w.take(w.size()))
	case valueBytes:
		return append([]byte{}, w.take(w.size())...)
	case valueList:
		out := make([]any, w.size())
		for i := range out {
			out[i] = w.value(depth + 1)
		}
		return out
	case valueMap:
		out := make(query.Map, w.size())
		for i := range out {
			out[i].Key = w.value(depth + 1)
			out[i].Value = w.value(depth + 1)
		}
		return out
	default:
		w.fail()
	}
	return nil
}
