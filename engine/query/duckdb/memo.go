package duckdb

import "strings"

// Columns repeat themselves: days, hosts, the names of methods. A function that is pure
// is asked once for a value that was not long ago.
const (
	memoEntries = 16 << 10
	memoKey     = 96               // bytes of arguments; longer ones repeat themselves rarely
	memoRest    = 16 * memoEntries // rows without a memo where it did not pay
)

// memo is what a function gave for its latest arguments. It is for one goroutine.
type memo struct {
	widths []int // bytes of each parameter, 0 for text; nil where the function has a list
	known  map[string]any
	key    []byte // of the row that find was asked for; empty where keep is not to keep
	hits   int    // since known was empty
	rest   int    // rows to go without
}

func newMemo(params []string) *memo {
	widths := make([]int, len(params))
	for i, p := range params {
		switch p {
		case "BOOLEAN":
			widths[i] = 1
		case "INTEGER", "FLOAT":
			widths[i] = 4
		case "BIGINT", "DOUBLE":
			widths[i] = 8
		case "HUGEINT":
			widths[i] = 16
		}
		if strings.HasSuffix(p, "[]") {
			return &memo{}
		}
	}
	return &memo{widths: widths, known: map[string]any{}}
}

// find gives the result of a row's arguments, where they are known.
func (m *memo) find(in []vectorReader, row int) (result any, ok bool) {
	m.key = m.key[:0]
	if m.rest > 0 {
		m.rest--
		return nil, false
	}
	for i, width := range m.widths {
		v := &in[i]
		switch {
		case v.null(row):
			m.key = append(m.key, 0)
		case width > 0:
			m.key = append(m.key, 1)
			m.key = append(m.key, v.bytes(row, width)...)
		default:
			text := v.view(row)
			if len(m.key)+len(text) > memoKey {
				m.key = m.key[:0]
				return nil, false
			}
			m.key = append(append(m.key, 1, byte(len(text))), text...)
		}
	}
	if len(m.key) == 0 {
		return nil, false
	}
	if result, ok = m.known[string(m.key)]; ok {
		m.hits++
	}
	return result, ok
}

// keep notes the result of the row that find did not know.
func (m *memo) keep(result any) {
	if len(m.key) == 0 {
		return
	}
	if len(m.known) >= memoEntries {
		if m.hits < 2*memoEntries {
			m.rest = memoRest
		}
		clear(m.known)
		m.hits = 0
		return
	}
	m.known[string(m.key)] = result
}
