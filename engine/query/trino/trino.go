// Package trino answers Athena SQL on a Trino server: the statement's text goes
// there untouched, the answer comes back in package query's shapes.
//
// What comes in is a query.Request. What must hold: the text is not read, let
// alone rewritten; a value is what the server sent, digit for digit; an error is
// the server's own name, text and place. What goes out is query.Rows, a page of
// the server's at a time, so that a result of any size fits.
//
// Terms. The statement protocol is one POST of the text and a GET for each page
// behind it, at the address that the page before named (nextUri), until there is
// none; DELETE there ends the statement. A capability is what the client says that
// it can read: without PARAMETRIC_DATETIME the server shows every timestamp with
// three digits.
package trino

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"acme/telemetry/engine/floattext"
	"acme/telemetry/engine/query"
)

// Config says which server answers, and as whom one asks.
type Config struct {
	// URL is the server's address: http://127.0.0.1:8080. A path names the catalog,
	// and where it has two parts the database too: http://127.0.0.1:8080/hive.
	URL string
	// User is who asks; "acme" where empty. Password makes it basic
	// authentication, which Trino takes over https alone.
	User, Password string
	// Catalog and Database resolve names without them; none where empty.
	Catalog, Database string
	// Client sends the requests; http.DefaultClient where nil.
	Client *http.Client
}

// Engine is a query.Engine that asks a Trino server. It is safe for use by many
// goroutines, and runs their statements at once.
type Engine struct {
	c    Config
	base *url.URL

	mu      sync.Mutex
	closed  bool
	running map[*rows]bool
}

// New gives an engine; it sends nothing yet.
func New(c Config) (*Engine, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("open Trino at %q: want an address like http://127.0.0.1:8080", c.URL)
	}
	if c.Password != "" && base.Scheme != "https" {
		return nil, fmt.Errorf("open Trino at %s: a password is not sent without https", base.Redacted())
	}
	if path := strings.Trim(base.Path, "/"); path != "" {
		catalog, database, _ := strings.Cut(path, "/")
		c.Catalog = catalog
		if database != "" {
			c.Database = database
		}
		base.Path = ""
	}
	if base.User != nil && c.User == "" {
		c.User = base.User.Username()
		base.User = nil // a password does not belong into an address
	}
	if c.User == "" {
		c.User = "acme"
	}
	if c.Client == nil {
		c.Client = http.DefaultClient
	}
	return &Engine{c: c, base: base, running: map[*rows]bool{}}, nil
}

// errClosed is what a closed engine answers.
var errClosed = errors.New("the Trino engine is closed")

// Query sends a statement, and returns when its columns are known.
func (e *Engine) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	e.mu.Lock()
	closed := e.closed
	e.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	out := &rows{e: e, started: time.Now(), limit: r.Limit, timeout: r.Timeout, cancel: func() {}}
	// A statement outlives this call, and ends with its Close.
	out.ctx, out.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if r.Timeout > 0 {
		out.ctx, out.cancel = context.WithTimeout(context.WithoutCancel(ctx), r.Timeout)
	}
	text := r.SQL
	if len(r.Params) > 0 {
		text = "EXECUTE acme USING " + strings.Join(r.Params, ", ")
	}
	req, err := http.NewRequestWithContext(out.ctx, http.MethodPost, e.base.JoinPath("/v1/statement").String(), strings.NewReader(text))
	if err != nil {
		out.cancel()
		return nil, fmt.Errorf("ask Trino: %w", err)
	}
	if len(r.Params) > 0 { // the statement goes as one that was prepared before
		req.Header.Set("X-Trino-Prepared-Statement", "acme="+url.QueryEscape(r.SQL))
	}
	database := r.Database
	if database == "" {
		database = e.c.Database
	}
	e.headers(req, database)
	e.mu.Lock()
	e.running[out] = true
	e.mu.Unlock()
	stop := context.AfterFunc(ctx, out.cancel)
	defer stop()
	if err := out.fetch(req); err != nil {
		out.Close()
		return nil, reasonOf(ctx, err)
	}
	for out.columns == nil && out.next != "" {
		if err := out.page(); err != nil {
			out.Close()
			return nil, reasonOf(ctx, err)
		}
	}
	return out, nil
}

// reasonOf gives the caller's own reason where it has one.
func reasonOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("ask Trino: %w", context.Cause(ctx))
	}
	return err
}

// headers says who asks, in what session.
func (e *Engine) headers(req *http.Request, database string) {
	for k, v := range map[string]string{
		"X-Trino-User": e.c.User, "X-Trino-Source": "acme", "X-Trino-Time-Zone": "UTC", "X-Trino-Language": "en",
		"X-Trino-Catalog": e.c.Catalog, "X-Trino-Schema": database, "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
	} {
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	if e.c.Password != "" {
		req.SetBasicAuth(e.c.User, e.c.Password)
	}
}

// Close ends the engine and every statement that still runs.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	var open []*rows
	for r := range e.running {
		open = append(open, r)
	}
	e.mu.Unlock()
	for _, r := range open {
		r.Close()
	}
	return nil
}

// page is one answer of the statement protocol, as much of it as is read here.
type page struct {
	NextURI string `json:"nextUri"`
	Columns []struct{ Name, Type string }
	Data    [][]any
	Error   *struct {
		ErrorName, Message string
		ErrorLocation      *struct{ LineNumber, ColumnNumber int }
	}
	Stats struct {
		ProcessedBytes     int64 `json:"processedBytes"`
		PhysicalInputBytes int64 `json:"physicalInputBytes"`
	}
}

// rows is a result being read.
type rows struct {
	e       *Engine
	ctx     context.Context
	cancel  context.CancelFunc
	timeout time.Duration
	started time.Time
	limit   int64

	columns []query.Column
	types   []typeShape
	next    string // where the next page is; empty behind the last
	ready   []query.Row
	err     error
	stats   query.Stats
}

func (r *rows) Columns() []query.Column { return r.columns }

// Next gives the rows of the next page that has any.
func (r *rows) Next(ctx context.Context) ([]query.Row, error) {
	stop := context.AfterFunc(ctx, r.cancel)
	defer stop()
	for r.err == nil && len(r.ready) == 0 {
		if r.next == "" {
			r.err = io.EOF
			break
		}
		if err := r.page(); err != nil {
			r.err = reasonOf(ctx, err)
		}
	}
	out := r.ready
	if r.ready = nil; len(out) == 0 {
		r.end()
		return nil, r.err
	}
	if r.limit > 0 && r.stats.Rows+int64(len(out)) >= r.limit {
		if keep := r.limit - r.stats.Rows; int64(len(out)) > keep || r.next != "" {
			r.stats.Truncated = int64(len(out)) > keep || r.more()
			out = out[:keep]
		}
		r.err = io.EOF
	}
	r.stats.Rows += int64(len(out))
	return out, nil
}

// more says whether there is a row behind the ones that were read.
func (r *rows) more() bool {
	for r.next != "" && r.err == nil && len(r.ready) == 0 {
		if r.err = r.page(); r.err != nil {
			return false
		}
	}
	more := len(r.ready) > 0
	r.ready = nil
	return more
}

func (r *rows) Stats() query.Stats {
	s := r.stats
	s.Elapsed = time.Since(r.started)
	return s
}

// page gets the next page.
func (r *rows) page() error {
	req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, r.next, nil)
	if err != nil {
		return fmt.Errorf("ask Trino: %w", err)
	}
	r.e.headers(req, r.e.c.Database)
	return r.fetch(req)
}

// busyTries is how often a busy server is asked again, with a pause that grows.
const busyTries = 8

// fetch sends a request and takes in the page it answers.
func (r *rows) fetch(req *http.Request) error {
	for try := 0; ; try++ {
		resp, err := r.e.c.Client.Do(req)
		if err != nil {
			return r.failed(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case err != nil:
			return r.failed(err)
		case resp.StatusCode == http.StatusOK:
			return r.take(body)
		case try < busyTries && (resp.StatusCode == http.StatusBadGateway || resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusGatewayTimeout):
			select {
			case <-r.ctx.Done():
				return r.failed(r.ctx.Err())
			case <-time.After(50 * time.Millisecond << try):
			}
			if req.GetBody != nil {
				if req.Body, err = req.GetBody(); err != nil {
					return r.failed(err)
				}
			}
		default:
			return fmt.Errorf("ask Trino at %s: %s: %.200s", r.e.base.Redacted(), resp.Status, bytes.TrimSpace(body))
		}
	}
}

// failed words an error of the way there; the statement's own time limit is an
// error of the statement.
func (r *rows) failed(err error) error {
	if r.timeout > 0 && errors.Is(r.ctx.Err(), context.DeadlineExceeded) {
		return &query.Error{Name: "TIMEOUT", Message: fmt.Sprintf("the statement ran longer than %s and was ended", r.timeout)}
	}
	return fmt.Errorf("ask Trino at %s: %w", r.e.base.Redacted(), err)
}

// take reads a page.
func (r *rows) take(body []byte) error {
	var p page
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&p); err != nil {
		return fmt.Errorf("read the answer of Trino at %s: %w", r.e.base.Redacted(), err)
	}
	r.next = p.NextURI
	r.stats.Bytes = p.Stats.PhysicalInputBytes
	if p.Error != nil {
		e := &query.Error{Name: p.Error.ErrorName, Message: p.Error.Message}
		if at := p.Error.ErrorLocation; at != nil {
			e.Line, e.Column = at.LineNumber, at.ColumnNumber
		}
		return e
	}
	if r.columns == nil && p.Columns != nil {
		for _, c := range p.Columns {
			shape := parseType(c.Type)
			r.types = append(r.types, shape)
			r.columns = append(r.columns, query.Column{Name: c.Name, Type: shape.String(), Java: floattext.Newer})
		}
	}
	for _, in := range p.Data {
		if len(in) != len(r.types) {
			return fmt.Errorf("read the answer of Trino at %s: a row of %d values in %d columns", r.e.base.Redacted(), len(in), len(r.types))
		}
		row := make(query.Row, len(in))
		for i, v := range in {
			var err error
			if row[i], err = r.types[i].value(v); err != nil {
				return fmt.Errorf("read column %s of Trino's answer: %w", r.columns[i].Name, err)
			}
		}
		r.ready = append(r.ready, row)
	}
	return nil
}

// Close ends the statement, on the server too where it still runs.
func (r *rows) Close() error {
	r.end()
	if r.err == nil {
		r.err = errors.New("the result is closed")
	}
	return nil
}

// cancelTime bounds how long the server may take to be told that nobody waits.
const cancelTime = 2 * time.Second

func (r *rows) end() {
	r.e.mu.Lock()
	open := r.e.running[r]
	delete(r.e.running, r)
	r.e.mu.Unlock()
	if !open {
		return
	}
	r.cancel()
	if r.next == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), cancelTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, r.next, nil)
	if err != nil {
		return
	}
	r.e.headers(req, r.e.c.Database)
	if resp, err := r.e.c.Client.Do(req); err == nil {
		resp.Body.Close()
	}
}
