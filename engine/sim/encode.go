package sim

import "strconv"

// profile is what the events of a session have in common: small, for each event
// carries it while it waits, and what is far apart in memory is slow to get.
type profile struct {
	customer uint32
	device   uint32
	address  uint32
	title    uint16
	place    uint8
	class    uint8 // of device
	system   uint8
	app      uint8
	provider uint8
	link     uint8
}

func (p *plan) profile(v *visit) profile {
	device := uint64(v.deviceID)
	return profile{
		customer: v.customer.id,
		device:   uint32(p.keys[forDeviceID].permute(device, 4*deviceHex)),
		address:  p.address(&v.customer),
		title:    uint16(v.title),
		place:    v.customer.place,
		class:    v.device,
		system:   uint8(p.system[v.device].pick(p.keys[forDeviceSystem].draw(device, 0))),
		app:      uint8(p.app.pick(p.keys[forDeviceApp].draw(device, 0))),
		provider: v.customer.provider,
		link:     uint8(p.link[v.device].pick(p.keys[forDeviceLink].draw(device, 0))),
	}
}

// pieces are the parts of the JSON that have few values, written once with what
// stands between them.
type pieces struct {
	classes  [deviceCount]string                      // device_type to device_id
	software [deviceCount][5][len(appVersions)]string // device_os to quality
	where    [len(places)]string                      // country to isp
	networks [countryCount][7][deviceCount][5]string  // isp to the end
}

func newPieces() *pieces {
	var s pieces
	for d, name := range deviceNames {
		s.classes[d] = `,"device_type":"` + name + `","device_id":"DEVICE_`
		for i, system := range deviceSystems[d] {
			for j, app := range appVersions {
				s.software[d][i][j] = `","device_os":"` + system.name + `","app_version":"` + app.name + `","quality":"`
			}
		}
	}
	for i, pl := range places {
		s.where[i] = `","country":"` + countries[pl.country].name + `","state":"` + pl.state + `","city":"` + pl.city + `","isp":"`
	}
	for c := range countries {
		for i, isp := range countries[c].isps {
			for d := range deviceLinks {
				for j, link := range deviceLinks[d] {
					s.networks[c][i][d][j] = isp.name + `","connection_type":"` + link.name + `"}`
				}
			}
		}
	}
	return &s
}

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

// appendEvent writes an event as JSON, its fields in the order of schema.Events.
func (p *plan) appendEvent(b []byte, e *event, days *dayText) []byte {
	t := &p.titles[e.title]
	b = append(b, openEvent...)
	b = p.appendEventID(b, e)
	b = append(b, customerK+"CUST_"...)
	b = appendHex(b, uint64(e.customer), customerHex)
	b = append(b, `","title_id":"TITLE_`...)
	b = appendHex(b, uint64(t.id), titleHex)
	b = append(b, `","session_id":"SESSION_`...)
	b = appendHex(b, e.session, sessionHex)
	b = append(b, `","event_type":"`...)
	b = append(b, eventNames[e.kind]...)
	b = append(b, `","event_timestamp":"`...)
	b = days.append(b, e.at+int64(e.skew)*1000)
	b = append(b, `","watch_duration_seconds":`...)
	b = strconv.AppendInt(b, e.watched/second, 10)
	b = append(b, `,"position_seconds":`...)
	b = strconv.AppendInt(b, e.position/second, 10)
	b = append(b, `,"completion_percentage":`...)
	b = appendHundredths(b, uint64(e.position)*10000/uint64(t.runtime()))
	b = append(b, p.pieces.classes[e.class]...)
	b = appendHex(b, uint64(e.device), deviceHex)
	b = append(b, p.pieces.software[e.class][e.system][e.app]...)
	b = append(b, qualityNames[e.quality]...)
	b = append(b, `","bandwidth_mbps":`...)
	b = appendHundredths(b, uint64(e.rate)/10)
	b = append(b, `,"buffering_events":`...)
	b = strconv.AppendUint(b, uint64(e.stalls), 10)
	b = append(b, `,"buffering_duration_seconds":`...)
	b = strconv.AppendUint(b, uint64(e.stalled), 10)
	b = append(b, `,"error_count":`...)
	b = strconv.AppendUint(b, uint64(e.errors), 10)
	b = append(b, `,"ip_address":"`...)
	b = appendAddress(b, e.address)
	b = append(b, p.pieces.where[e.place]...)
	return append(b, p.pieces.networks[places[e.place].country][e.provider][e.class][e.link]...)
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
