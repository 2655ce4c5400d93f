package lake

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"regexp"
	"slices"
	"strconv"
	"sync/atomic"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// A lake's suppression list says whose records are not to come back: files
// _acme/suppressed/ID.json, each of some customers that were erased together. Everybody
// who writes records reads it first, and leaves out those that name one of them.
//
// It names nobody. What stands in a file is HMAC-SHA-256 of each identifier under the
// file's salt, in a domain of its own. The salt lies beside it, or no writer could ask; so
// who may read the list and holds an identifier can tell whether it was erased. Readers of
// the data need no access to it.
const suppressedPrefix = "_acme/suppressed/"

// suppressionFile is one such file. Its key has the SHA-256 of its tokens.
type suppressionFile struct {
	Version int      `json:"version"` // of this form: 1
	Salt    string   `json:"salt"`    // 256 bits, hexadecimal
	Lengths []int    `json:"lengths"` // of the identifiers, in bytes, ascending
	Tokens  []string `json:"tokens"`  // hexadecimal, ascending
}

// subjectDomain begins what is hashed.
const subjectDomain = "subject\x00v1\x00"

func subjectToken(salt []byte, id []byte) (token [sha256.Size]byte) {
	m := hmac.New(sha256.New, salt)
	m.Write([]byte(subjectDomain))
	m.Write(id)
	m.Sum(token[:0])
	return token
}

// subjectPrefix begins every identifier of a customer; hexadecimal digits follow.
var subjectPrefix = []byte(customerColumn().Prefix)

var subjectID = regexp.MustCompile(`^` + customerColumn().Prefix + `[0-9A-Fa-f]{1,64}$`)

func customerColumn() schema.Column {
	columns := schema.Customers().Columns
	return columns[slices.IndexFunc(columns, func(c schema.Column) bool { return c.Name == schema.CustomerID })]
}

// newSuppressionFile makes the file of some customers; its ID too.
func newSuppressionFile(salt []byte, ids []string) (suppressionFile, string) {
	f := suppressionFile{Version: 1, Salt: hex.EncodeToString(salt)}
	for _, id := range ids {
		token := subjectToken(salt, []byte(id))
		f.Tokens = append(f.Tokens, hex.EncodeToString(token[:]))
		f.Lengths = append(f.Lengths, len(id))
	}
	slices.Sort(f.Tokens)
	slices.Sort(f.Lengths)
	f.Tokens, f.Lengths = slices.Compact(f.Tokens), slices.Compact(f.Lengths)
	h := sha256.New()
	for _, token := range f.Tokens {
		h.Write([]byte(token))
	}
	return f, hex.EncodeToString(h.Sum(nil)[:10])
}

func suppressionKey(id string) string { return suppressedPrefix + id + ".json" }

// suppressed is a lake's suppression list. A nil one suppresses nobody. It is safe for use
// by many goroutines.
type suppressed struct {
	ids     []string // of the files, ascending
	salts   [][]byte // different ones
	lists   []map[[sha256.Size]byte]int
	lengths [256]bool
	seed    maphash.Seed
	others  [1 << 14]atomic.Uint64 // hashes of identifiers that are on no list
}

// readSuppressed reads the list; nil where there is none.
func readSuppressed(ctx context.Context, st store.Store) (*suppressed, error) {
	var s *suppressed
	for info, err := range st.List(ctx, suppressedPrefix) {
		if err != nil {
			return nil, fmt.Errorf("reading the suppression list: %w", err)
		}
		var f suppressionFile
		err := getJSON(ctx, st, info.Key, &f)
		if errors.As(err, new(*json.SyntaxError)) || errors.As(err, new(*json.UnmarshalTypeError)) {
			return nil, &BadListError{info.Key}
		}
		if err != nil {
			return nil, fmt.Errorf("reading the suppression list: %w", err)
		}
		if s == nil {
			s = newSuppressed()
		}
		if err := s.add(info.Key, &f); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// copySuppressed gives a lake the suppression list of another, and reads it.
func copySuppressed(ctx context.Context, from, into store.Store) (*suppressed, error) {
	for info, err := range from.List(ctx, suppressedPrefix) {
		if err != nil {
			return nil, fmt.Errorf("copying the suppression list: %w", err)
		}
		var f suppressionFile
		if err := getJSON(ctx, from, info.Key, &f); err != nil {
			return nil, fmt.Errorf("copying the suppression list: %w", err)
		}
		if err := putJSON(ctx, into, info.Key, f); err != nil {
			return nil, fmt.Errorf("copying the suppression list: %w", err)
		}
	}
	return readSuppressed(ctx, into)
}

func newSuppressed() *suppressed { return &suppressed{seed: maphash.MakeSeed()} }

func (s *suppressed) add(key string, f *suppressionFile) error {
	damaged := &BadListError{key}
	salt, err := hex.DecodeString(f.Salt)
	if err != nil || len(salt) != KeyBytes || f.Version != 1 {
		return damaged
	}
	at := slices.IndexFunc(s.salts, func(other []byte) bool { return bytes.Equal(other, salt) })
	if at < 0 {
		at = len(s.salts)
		s.salts, s.lists = append(s.salts, salt), append(s.lists, map[[sha256.Size]byte]int{})
	}
	for _, text := range f.Tokens {
		token, err := hex.DecodeString(text)
		if err != nil || len(token) != sha256.Size {
			return damaged
		}
		if _, before := s.lists[at][[sha256.Size]byte(token)]; !before {
			s.lists[at][[sha256.Size]byte(token)] = len(s.ids)
		}
	}
	for _, n := range f.Lengths {
		if n < 1 || n >= len(s.lengths) {
			return damaged
		}
		s.lengths[n] = true
	}
	s.ids = append(s.ids, key[len(suppressedPrefix):len(key)-len(".json")])
	return nil
}

// only gives the part of the list that some of its files are.
func (s *suppressed) only(ids []string) (*suppressed, error) {
	if s == nil {
		s = newSuppressed()
	}
	part := &suppressed{salts: s.salts, lengths: s.lengths, seed: maphash.MakeSeed(), ids: s.ids}
	for _, id := range ids {
		if !slices.Contains(s.ids, id) {
			return nil, fmt.Errorf("reading the suppression list: %s is not there any more, and an erasure that is not finished was begun by it", suppressionKey(id))
		}
	}
	for _, list := range s.lists {
		some := map[[sha256.Size]byte]int{}
		for token, of := range list {
			if slices.Contains(ids, s.ids[of]) {
				some[token] = of
			}
		}
		part.lists = append(part.lists, some)
	}
	return part, nil
}

// files says how many files there are.
func (s *suppressed) files() int {
	if s == nil {
		return 0
	}
	return len(s.ids)
}

// BadListError says that a file of the suppression list is none: nobody writes records as
// long as it cannot be read.
type BadListError struct{ Key string }

func (e *BadListError) Error() string {
	return "reading the suppression list: " + e.Key + " was damaged, or is of another release; nothing is written as long as it cannot be read"
}

// ErasedMeanwhileError says that customers were erased while somebody wrote who had read
// the list before: whoever erased them may have looked before the objects were there.
type ErasedMeanwhileError struct{ URI string }

func (e *ErasedMeanwhileError) Error() string {
	return "writing into " + e.URI + ": customers were erased from it meanwhile, and what was put may name them: acme erase --resume --yes takes them out"
}

// still says whether the list is what it was when it was read; a *ErasedMeanwhileError
// where it is not. Who writes asks when everything is put.
func (s *suppressed) still(ctx context.Context, st store.Store) error {
	now, err := readSuppressed(ctx, st)
	if err == nil && now.files() != s.files() {
		err = &ErasedMeanwhileError{st.URI()}
	}
	return err
}

// find gives the file that has an identifier, by its place; -1 where none has.
func (s *suppressed) find(id []byte) int {
	if s == nil || len(id) >= len(s.lengths) || !s.lengths[len(id)] {
		return -1
	}
	h := maphash.Bytes(s.seed, id) | 1
	other := &s.others[h%uint64(len(s.others))]
	if other.Load() == h {
		return -1
	}
	for i, salt := range s.salts {
		if of, ok := s.lists[i][subjectToken(salt, id)]; ok {
			return of
		}
	}
	other.Store(h)
	return -1
}

// holds says whether a text names somebody who is on the list.
func (s *suppressed) holds(text []byte) bool { return s.in(text) >= 0 }

// in gives the file that has somebody whom a text names, by its place; -1 where it names
// nobody of the list: as it stands, with its JSON escapes undone, or in the base64 of an
// error record.
func (s *suppressed) in(text []byte) int {
	if s == nil {
		return -1
	}
	if of := s.plainly(text); of >= 0 {
		return of
	}
	for plain := text; bytes.IndexByte(plain, '\\') >= 0; {
		plain = unescaped(plain) // shorter each time
		if of := s.plainly(plain); of >= 0 {
			return of
		}
	}
	for rest := text; ; {
		i := bytes.Index(rest, rawDataKey)
		if i < 0 {
			return -1
		}
		rest = rest[i+len(rawDataKey):]
		end := max(0, bytes.IndexByte(rest, '"'))
		raw := make([]byte, base64.StdEncoding.DecodedLen(end))
		n, _ := base64.StdEncoding.Decode(raw, rest[:end]) // of what is none, what comes before
		if of := s.in(raw[:n]); of >= 0 {
			return of
		}
	}
}

// rawDataKey is what stands before the base64 of an error record's bytes.
var rawDataKey = []byte(`"rawData":"`)

func (s *suppressed) plainly(text []byte) int {
	for {
		i := bytes.Index(text, subjectPrefix)
		if i < 0 {
			return -1
		}
		text = text[i:]
		end := len(subjectPrefix)
		for end < len(text) && isHex(text[end]) {
			end++
		}
		if of := s.find(text[:end]); of >= 0 {
			return of
		}
		text = text[end:]
	}
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// unescaped undoes the escapes of JSON's strings, wherever they stand.
func unescaped(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			if text[i] != '\\' {
				out = append(out, text[i])
			}
			continue
		}
		i++
		if text[i] == 'u' && i+5 <= len(text) {
			if r, err := strconv.ParseUint(string(text[i+1:i+5]), 16, 16); err == nil {
				out = append(out, string(rune(r))...)
				i += 4
				continue
			}
		}
		out = append(out, text[i])
	}
	return out
}

// errGone says that a key is of an object that was erased, or whose folder retention took:
// nothing is put there any more.
var errGone = errors.New("what the object held was erased from the lake")
