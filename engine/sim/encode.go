package sim

import "strconv"

// session is what the events of a session have in common, held as the pieces of
// JSON in which they are written. An event is the pieces with its own values in
// between.
type session struct {
	left     int32 // events of it that still wait in the lane; the next free slot where it is free
	customer uint32
	device   uint32
	runtime  int64 // us
	head     uint16
	middle   uint16
	used     uint16
	text     [sessionText]byte
}

// sessionText holds the longest pieces there are; a test measures them.
const sessionText = 424

// How many hexadecimal digits an identifier has: as many as its entity needs to
// be unique, so that an event costs as many bytes in gzip as a real one.
const (
	eventHex    = (4*sessionHex + sequenceBits) / 4
	customerHex = 8
	titleHex    = 6
	sessionHex  = 12
	deviceHex   = 8
)

// The fixed parts of an event.
const (
	openEvent = `{"event_id":"EVENT_`
	customerK = `","customer_id":"`

	// customerAt is where the customer_id, the record's key, begins.
	customerAt  = len(openEvent) + eventHex + len(customerK)
	customerLen = len("CUST_") + customerHex
)

// fill writes the session's pieces: from customer_id to event_type, from
// device_type to quality, and from ip_address to the end.
func (s *session) fill(p *plan, v *visit) {
	s.customer, s.device, s.runtime = v.customer.id, uint32(p.keys[forDeviceID].permute(uint64(v.deviceID), 4*deviceHex)), v.runtime
	pl := &places[v.customer.place]
	b := append(s.text[:0], customerK...)
	b = append(b, "CUST_"...)
	b = appendHex(b, uint64(v.customer.id), customerHex)
	b = append(b, `","title_id":"TITLE_`...)
	b = appendHex(b, uint64(p.titles[v.title].id), titleHex)
	b = append(b, `","session_id":"SESSION_`...)
	b = appendHex(b, v.session, sessionHex)
	b = append(b, `","event_type":"`...)
	s.head = uint16(len(b))
	b = append(b, `,"device_type":"`...)
	b = append(b, deviceNames[v.device]...)
	b = append(b, `","device_id":"DEVICE_`...)
	b = appendHex(b, uint64(s.device), deviceHex)
	b = append(b, `","device_os":"`...)
	b = append(b, deviceSystems[v.device][p.system[v.device].pick(p.keys[forDeviceSystem].draw(uint64(v.deviceID), 0))].name...)
	b = append(b, `","app_version":"`...)
	b = append(b, appVersions[p.app.pick(p.keys[forDeviceApp].draw(uint64(v.deviceID), 0))].name...)
	b = append(b, `","quality":"`...)
	s.middle = uint16(len(b))
	b = append(b, `,"ip_address":"`...)
	b = appendAddress(b, p.address(&v.customer))
	b = append(b, `","country":"`...)
	b = append(b, countries[pl.country].name...)
	b = append(b, `","state":"`...)
	b = append(b, pl.state...)
	b = append(b, `","city":"`...)
	b = append(b, pl.city...)
	b = append(b, `","isp":"`...)
	b = append(b, countries[pl.country].isps[v.customer.provider].name...)
	b = append(b, `","connection_type":"`...)
	b = append(b, deviceLinks[v.device][p.link[v.device].pick(p.keys[forDeviceLink].draw(uint64(v.deviceID), 0))].name...)
	b = append(b, `"}`...)
	s.used = uint16(len(b))
}

// appendEvent writes an event as JSON, its fields in the order of schema.Events.
func (p *plan) appendEvent(b []byte, e *event, s *session, days *dayText) []byte {
	b = append(b, openEvent...)
	b = p.appendEventID(b, e)
	b = append(b, s.text[:s.head]...)
	b = append(b, eventNames[e.kind]...)
	b = append(b, `","event_timestamp":"`...)
	b = days.append(b, e.at+e.skew*1000)
	b = append(b, `","watch_duration_seconds":`...)
	b = strconv.AppendInt(b, e.watched/second, 10)
	b = append(b, `,"position_seconds":`...)
	b = strconv.AppendInt(b, e.position/second, 10)
	b = append(b, `,"completion_percentage":`...)
	b = appendHundredths(b, uint64(e.position)*10000/uint64(s.runtime))
	b = append(b, s.text[s.head:s.middle]...)
	b = append(b, qualityNames[e.quality]...)
	b = append(b, `","bandwidth_mbps":`...)
	b = appendHundredths(b, uint64(e.rate)/10)
	b = append(b, `,"buffering_events":`...)
	b = strconv.AppendUint(b, uint64(e.stalls), 10)
	b = append(b, `,"buffering_duration_seconds":`...)
	b = strconv.AppendUint(b, uint64(e.stalled), 10)
	b = append(b, `,"error_count":`...)
	b = strconv.AppendUint(b, uint64(e.errors), 10)
	return append(b, s.text[s.middle:s.used]...)
}

// appendEventID writes the hexadecimal digits of an event's identifier. It is a
// permutation of session and sequence number, so no two events share one; a copy
// has the original's.
func (p *plan) appendEventID(b []byte, e *event) []byte {
	id := p.keys[forEventID].permute(e.session<<sequenceBits|uint64(e.rank>>copyBits), 4*eventHex)
	return appendHex(b, id, eventHex)
}

const hexDigits = "0123456789abcdef"

func appendHex(b []byte, v uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, hexDigits[v>>uint(shift)&15])
	}
	return b
}

// appendHundredths writes v/100 with one decimal or two: 5.0, 6.18, 100.0.
func appendHundredths(b []byte, v uint64) []byte {
	b = strconv.AppendUint(b, v/100, 10)
	b = append(b, '.', '0'+byte(v/10%10))
	if v%10 != 0 {
		b = append(b, '0'+byte(v%10))
	}
	return b
}

func appendAddress(b []byte, ip uint32) []byte {
	for shift := 24; shift >= 0; shift -= 8 {
		b = strconv.AppendUint(b, uint64(ip>>uint(shift)&255), 10)
		if shift > 0 {
			b = append(b, '.')
		}
	}
	return b
}

// appendTwo writes a number under 100 with two digits.
func appendTwo(b []byte, v int64) []byte { return append(b, '0'+byte(v/10), '0'+byte(v%10)) }

// dayText remembers the date of the last timestamp written, for most have the
// same.
type dayText struct {
	day  int64
	text [11]byte // 2025-08-11T
	set  bool
}

// append writes a time in microseconds as ISO 8601, UTC.
func (d *dayText) append(b []byte, t int64) []byte {
	days, rest := t/day, t%day
	if rest < 0 {
		days, rest = days-1, rest+day
	}
	if !d.set || d.day != days {
		d.day, d.set = days, true
		appendDate(d.text[:0], days)
		d.text[10] = 'T'
	}
	b = append(b, d.text[:]...)
	b = appendTwo(b, rest/hour)
	b = append(b, ':')
	b = appendTwo(b, rest/minute%60)
	b = append(b, ':')
	b = appendTwo(b, rest/second%60)
	b = append(b, '.')
	micros := rest % second
	b = appendTwo(b, micros/10_000)
	b = appendTwo(b, micros/100%100)
	b = appendTwo(b, micros%100)
	return append(b, 'Z')
}

func appendDate(b []byte, days int64) []byte {
	y, m, d := civil(days)
	b = appendTwo(b, y/100)
	b = appendTwo(b, y%100)
	b = append(b, '-')
	b = appendTwo(b, m)
	b = append(b, '-')
	return appendTwo(b, d)
}
