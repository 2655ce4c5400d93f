package duckdb

import (
	"errors"
	"fmt"
	"strings"

	duck "github.com/duckdb/duckdb-go-bindings"
)

// session is one connection to one DuckDB database in memory. It is for one
// goroutine, but for interrupt.
type session struct {
	db   duck.Database
	conn duck.Connection
}

func openSession() (*session, error) {
	s := &session{}
	if duck.Open(":memory:", &s.db) == duck.StateError {
		return nil, errors.New("opening DuckDB in memory failed")
	}
	if duck.Connect(s.db, &s.conn) == duck.StateError {
		duck.Close(&s.db)
		return nil, errors.New("connecting to DuckDB in memory failed")
	}
	return s, nil
}

func (s *session) close() {
	duck.Disconnect(&s.conn)
	duck.Close(&s.db)
}

// interrupt asks what runs to stop. Any goroutine may call it until close.
func (s *session) interrupt() { duck.Interrupt(s.conn) }

// exec runs statements of our own and drops their result.
func (s *session) exec(sql string) error {
	var res duck.Result
	defer duck.DestroyResult(&res)
	if duck.Query(s.conn, sql, &res) == duck.StateError {
		return said(duck.ResultError(&res))
	}
	return nil
}

// engineError is DuckDB's own text about a statement.
type engineError struct{ text string }

// said makes an error of DuckDB's text, without the stack of its own code that
// it adds where it blames itself.
func said(text string) error {
	text, _, _ = strings.Cut(text, "\n\nStack Trace:")
	return &engineError{text: text}
}

func (e *engineError) Error() string { return e.text }

// prepare parses and binds one statement. The caller closes it.
func (s *session) prepare(sql string) (*statement, error) {
	if strings.IndexByte(sql, 0) >= 0 {
		return nil, errors.New("a NUL byte cannot stand in a statement")
	}
	st := &statement{}
	if duck.Prepare(s.conn, sql, &st.prepared) == duck.StateError {
		err := said(duck.PrepareError(st.prepared))
		st.close()
		return nil, err
	}
	return st, nil
}

// statement is a prepared statement and the result it is giving.
type statement struct {
	prepared duck.PreparedStatement
	res      duck.Result
	columns  []columnReader
}

func (st *statement) close() {
	duck.DestroyResult(&st.res)
	duck.DestroyPrepare(&st.prepared)
}

// run starts the statement; its rows come from next, one chunk at a time, and
// nothing is computed ahead but what DuckDB buffers.
func (st *statement) run(args ...string) error {
	for i, a := range args {
		if duck.BindVarchar(st.prepared, duck.IdxT(i+1), a) == duck.StateError {
			return fmt.Errorf("binding parameter %d failed", i+1)
		}
	}
	var pending duck.PendingResult
	state := duck.PendingPreparedStreaming(st.prepared, &pending)
	defer duck.DestroyPending(&pending)
	if state == duck.StateError {
		return said(duck.PendingError(pending))
	}
	if duck.ExecutePending(pending, &st.res) == duck.StateError {
		return said(duck.ResultError(&st.res))
	}
	return nil
}

// next gives the next chunk of the result, or false at its end. The caller
// destroys it.
func (st *statement) next() (duck.DataChunk, bool, error) {
	chunk := duck.FetchChunk(st.res)
	if chunk.Ptr == nil {
		if text := duck.ResultError(&st.res); text != "" {
			return chunk, false, said(text)
		}
		return chunk, false, nil
	}
	return chunk, true, nil
}

// texts runs a query of our own and gives its first column as text.
func (s *session) texts(sql string, args ...string) ([]string, error) {
	st, err := s.prepare(sql)
	if err != nil {
		return nil, err
	}
	defer st.close()
	if err := st.run(args...); err != nil {
		return nil, err
	}
	var out []string
	for {
		chunk, ok, err := st.next()
		if err != nil || !ok {
			return out, err
		}
		vec := newVectorReader(duck.DataChunkGetVector(chunk, 0))
		for i := range int(duck.DataChunkGetSize(chunk)) {
			if vec.null(i) {
				out = append(out, "")
			} else {
				out = append(out, vec.text(i))
			}
		}
		duck.DestroyDataChunk(&chunk)
	}
}

// quoteName and quoteText write names and texts into SQL of our own.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
