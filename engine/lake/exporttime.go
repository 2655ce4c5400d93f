package lake

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// eventTimeColumn is where an event says when it happened.
const eventTimeColumn = "event_timestamp"

var eventTimeKey = []byte(`"` + eventTimeColumn + `":`)

// eventTime gives when an event happened, in milliseconds since the Unix epoch, by
// the forms that Firehose's deserializers take: ISO 8601 or year-month-day with a
// time, in UTC where no zone stands, or seconds or milliseconds since the epoch.
func eventTime(record []byte) (int64, bool) {
	// In a record without escapes a quote begins or ends a string, so the key can
	// only be a key. Of an object within the object it may be: the general way
	// tells.
	if i := bytes.Index(record, eventTimeKey); i >= 0 && bytes.IndexByte(record, '\\') < 0 && bytes.IndexByte(record[1:], '{') < 0 {
		value := record[i+len(eventTimeKey):]
		if len(value) > 0 && value[0] == '"' {
			if end := bytes.IndexByte(value[1:], '"'); end >= 0 {
				return parseEventTime(string(value[1 : end+1]))
			}
		}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(record, &fields) != nil {
		return 0, false
	}
	value, ok := fields[eventTimeColumn]
	if !ok {
		for name, v := range fields { // OpenX looks at no case
			if strings.EqualFold(name, eventTimeColumn) {
				if ok {
					return 0, false // several, and none is meant more
				}
				value, ok = v, true
			}
		}
	}
	if !ok {
		return 0, false
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return parseEventTime(text)
	}
	return parseEpoch(string(value))
}

func parseEventTime(text string) (int64, bool) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-1-2 15:04:05", "2006-1-2 15:04:05Z07:00"} {
		if t, err := time.Parse(form, text); err == nil { // fractions are taken
			ms := t.UnixMilli()
			return ms, ms >= 0 && ms <= maxTime
		}
	}
	return parseEpoch(text)
}

// parseEpoch reads seconds or, from 1e11 on, milliseconds since the epoch.
func parseEpoch(text string) (int64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || v < 0 {
		return 0, false
	}
	if v < 1e11 {
		v *= 1000
	}
	return int64(v), v <= maxTime
}
