package lake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

// What becomes of the viewers' addresses on their way into objects. What must hold:
//
//   - No address is in an object of a writer that keeps none: in no row, in no error
//     record. Of what is no JSON object an address cannot be found for certain (it may
//     be cut off, escaped, in another encoding), so of such a record the bytes are left
//     out, and the error record says how many and where the topic or the object has them.
//   - The same address gives the same value, whoever writes it when, or a rerun would
//     make another object. What was made of an address stays what it is when it passes
//     a second time, so that JSON whose addresses are tokens can become Parquet.
//   - What is no address, as a list of two or a word, becomes NULL: it may hold one.
//
// All of it is pseudonymisation: a network, or a token that the holder of the key can
// make again, with an hour and a device beside it, still is personal data.

// IPMode is what a writer does to addresses.
type IPMode string

// IPKeep writes addresses as they came. IPTruncate writes their network, an IPv4 /24 or
// an IPv6 /48. IPHMAC writes a token, HMAC-SHA-256 with a key that is not in the lake.
// IPDrop writes NULL.
const (
	IPKeep     IPMode = "keep"
	IPTruncate IPMode = "truncate"
	IPHMAC     IPMode = "hmac"
	IPDrop     IPMode = "drop"
)

// IPRule is a mode, and of IPHMAC which key. The zero rule keeps addresses.
type IPRule struct {
	Mode  IPMode `json:"mode"`
	KeyID string `json:"key_id,omitempty"`
}

// mode gives the rule's mode, which is never empty.
func (r IPRule) mode() IPMode {
	if r.Mode == "" {
		return IPKeep
	}
	return r.Mode
}

// normal gives the rule in the one form that books have.
func (r IPRule) normal() IPRule {
	if r.mode() == IPKeep {
		return IPRule{}
	}
	return r
}

func (r IPRule) check() error {
	switch r.mode() {
	case IPKeep, IPTruncate, IPDrop:
		if r.KeyID != "" {
			return fmt.Errorf("checking what becomes of addresses: %s needs no key", r.mode())
		}
	case IPHMAC:
		if !keyID.MatchString(r.KeyID) {
			return fmt.Errorf("checking what becomes of addresses: hmac needs a key")
		}
	default:
		return fmt.Errorf("checking what becomes of addresses: %q is not keep, truncate, hmac or drop", r.Mode)
	}
	return nil
}

// Key is a secret of 256 bits. Printing one shows its ID.
type Key struct{ secret *[KeyBytes]byte }

// KeyBytes is how long a Key is.
const KeyBytes = 32

// NewKey takes a key's bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) != KeyBytes {
		return Key{}, fmt.Errorf("taking a key: it has %d bits and must have %d", 8*len(secret), 8*KeyBytes)
	}
	return Key{(*[KeyBytes]byte)(slices.Clone(secret))}, nil
}

var keyID = regexp.MustCompile(`^[0-9a-f]{8}$`)

// ID names the key: it follows from the key, and says nothing of it that helps to find it.
func (k Key) ID() string {
	m := hmac.New(sha256.New, k.secret[:])
	m.Write([]byte("key id\x00v1\x00"))
	return hex.EncodeToString(m.Sum(nil)[:4])
}

func (k Key) String() string   { return "key " + k.ID() }
func (k Key) GoString() string { return k.String() }

// MissingKeyError says that objects are to be made with a key that was not given.
type MissingKeyError struct{ KeyID string }

func (e *MissingKeyError) Error() string {
	return fmt.Sprintf("making tokens of addresses: the key %s is not among those given", e.KeyID)
}

// addresses carries an IPRule out. A nil one keeps them. It is safe for use by many
// goroutines.
type addresses struct {
	rule IPRule
	macs sync.Pool // of hash.Hash
}

// newAddresses gives what carries a rule out; a *MissingKeyError where its key is not
// among those given.
func newAddresses(r IPRule, keys []Key) (*addresses, error) {
	if err := r.check(); err != nil || r.mode() == IPKeep {
		return nil, err
	}
	a := &addresses{rule: r}
	if r.Mode != IPHMAC {
		return a, nil
	}
	for _, k := range keys {
		if k.ID() == r.KeyID {
			a.macs.New = func() any { return hmac.New(sha256.New, k.secret[:]) }
			return a, nil
		}
	}
	return nil, &MissingKeyError{r.KeyID}
}

// addressDomain begins what is hashed, so that no other use of the key gives the same.
const addressDomain = "ip\x00v1\x00"

// addressToken is what IPHMAC writes: the key's ID and 256 bits.
var addressToken = regexp.MustCompile(`^hmac:[0-9a-f]{8}:[A-Za-z0-9_-]{43}$`)

// value gives what a value of the column becomes; false for NULL.
func (a *addresses) value(text []byte) (string, bool) {
	if len(text) == 0 {
		return "", true
	}
	if a.rule.Mode == IPDrop {
		return "", false
	}
	if addressToken.Match(text) {
		return string(text), a.rule.Mode == IPHMAC
	}
	ip, err := netip.ParseAddr(strings.TrimSpace(string(text)))
	if err != nil {
		return "", false
	}
	ip = ip.WithZone("").Unmap()
	if a.rule.Mode == IPHMAC {
		return a.token(ip), true
	}
	bits := 48
	if ip.Is4() {
		bits = 24
	}
	network, err := ip.Prefix(bits)
	return network.Addr().String(), err == nil
}

func (a *addresses) token(ip netip.Addr) string {
	m, ok := a.macs.Get().(hash.Hash)
	if !ok {
		panic("a pool of nothing but hashes")
	}
	defer a.macs.Put(m)
	m.Reset()
	m.Write([]byte(addressDomain))
	m.Write([]byte(ip.String()))
	return "hmac:" + a.rule.KeyID + ":" + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// record appends to dst a record that is valid JSON, with every value that the SerDe may
// take for the address replaced: keys of any case, however escaped, that stand twice, or
// in an object within.
func (a *addresses) record(dst, text []byte) []byte {
	copied := 0
	for i := 0; ; {
		q := bytes.IndexByte(text[i:], '"')
		if q < 0 {
			return append(dst, text[copied:]...)
		}
		begin := i + q
		i = stringEnd(text, begin)
		colon := skipSpace(text, i)
		if colon >= len(text) || text[colon] != ':' || !addressKey(text[begin:i]) {
			continue
		}
		from := skipSpace(text, colon+1)
		to := valueEnd(text, from)
		dst = append(dst, text[copied:from]...)
		dst = a.json(dst, text[from:to])
		copied, i = to, to
	}
}

// addressKey says whether a quoted key is the column's, which OpenX takes in any case.
func addressKey(quoted []byte) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return len(quoted) >= len(schema.ClientAddress)+2 && bytes.EqualFold(quoted[1:len(quoted)-1], []byte(schema.ClientAddress))
	}
	var key string
	return json.Unmarshal(quoted, &key) == nil && strings.EqualFold(key, schema.ClientAddress)
}

// json appends what a JSON value of the column becomes.
func (a *addresses) json(dst, value []byte) []byte {
	var text string
	if value[0] == '"' && json.Unmarshal(value, &text) == nil {
		if is, ok := a.value([]byte(text)); ok {
			return append(append(append(dst, '"'), is...), '"') // of no character that is escaped
		}
	}
	return append(dst, "null"...)
}

// stringEnd gives where a string of valid JSON has ended.
func stringEnd(text []byte, begin int) int {
	for i := begin + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

// valueEnd gives where a value of valid JSON has ended.
func valueEnd(text []byte, i int) int {
	for depth := 0; i < len(text); {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			if depth == 0 {
				return i // behind a word or a number
			}
			depth--
			i++
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// batch replaces the addresses in a batch, whose column c they are. A column of text may
// hold another one whole: the SerDe shows an object within a record, or an array in place
// of one, as text.
func (a *addresses) batch(b *serde.Batch, c int) {
	for i := range b.Columns {
		switch v := &b.Columns[i]; {
		case i == c:
			replaceTexts(v, b.Rows, a.value)
		case v.Column.Type.Kind == serde.String && bytes.ContainsAny(v.Text, "{["):
			replaceTexts(v, b.Rows, a.within)
		}
	}
}

// within gives what a value of another column becomes.
func (a *addresses) within(text []byte) (string, bool) {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return string(text), true
	}
	if !json.Valid(text) {
		return "", false
	}
	return string(a.record(nil, text)), true
}

// replaceTexts replaces the texts of a column's first n rows; those that become false are
// NULL.
func replaceTexts(v *serde.Vector, n int, by func([]byte) (string, bool)) {
	text := make([]byte, 0, len(v.Text))
	from := v.Offsets[0]
	v.Offsets[0] = 0
	for i := range n {
		to := v.Offsets[i+1]
		if !v.IsNull(i) {
			is, ok := by(v.Text[from:to])
			if ok {
				text = append(text, is...)
			} else {
				v.Valid[i>>6] &^= 1 << (uint(i) & 63)
				v.Nulls++
			}
		}
		from = to
		v.Offsets[i+1] = uint32(len(text))
	}
	v.Text = text
}

// refused gives what an error record keeps of a record's bytes, and words to say behind
// its message. place says where the record can be found.
func (a *addresses) refused(text []byte, place string) (kept []byte, note string) {
	if a == nil {
		return text, ""
	}
	if t := bytes.TrimSpace(text); len(t) > 0 && t[0] == '{' && json.Valid(text) {
		return a.record(nil, text), ""
	}
	return []byte{}, fmt.Sprintf("; its %d bytes are left out, since an address in what is no JSON object cannot be found for certain (%s)", len(text), place)
}

// addressColumn is where a table has the address, -1 where it has none.
func addressColumn(t schema.Table) int {
	return slices.IndexFunc(t.Columns, func(c schema.Column) bool { return c.Name == schema.ClientAddress })
}
