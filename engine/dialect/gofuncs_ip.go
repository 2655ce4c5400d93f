package dialect

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// Addresses. An ipaddress is a BLOB of the 16 bytes that Trino has for it, an
// address of version 4 behind ::ffff:, so that bytes are its order.

// parseAddress reads an address of either version; a zone counts for nothing.
func parseAddress(s string) (netip.Addr, bool) {
	if before, _, ok := strings.Cut(s, "%"); ok && strings.Contains(before, ":") {
		s = before
	}
	a, err := netip.ParseAddr(asciiDigits(s))
	return a, err == nil && a.Zone() == ""
}

// AddressText prints the 16 bytes of an ipaddress as Trino does.
func AddressText(b []byte) string {
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return ""
	}
	return a.Unmap().String()
}

// asciiDigits puts digits of every script as 0 to 9, those that Java's char holds.
func asciiDigits(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return r
		}
		for _, t := range unicode.Nd.R16 {
			if rune(t.Lo) <= r && r <= rune(t.Hi) {
				return '0' + (r-rune(t.Lo))%10
			}
		}
		return r
	}, s)
}

func addressFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("cast_address", "VARCHAR,BLOB", func(a []any) (any, error) {
			ip, ok := parseAddress(a[0].(string))
			if !ok {
				return nil, badCast("Cannot cast value to IPADDRESS: %s", a[0])
			}
			b := ip.As16()
			return b[:], nil
		}),
		fn("bytes_address", "BLOB,BLOB", func(a []any) (any, error) {
			ip, ok := netip.AddrFromSlice(a[0].([]byte))
			if !ok {
				return nil, badCast("Invalid IP address binary length: %d", len(a[0].([]byte)))
			}
			b := ip.As16()
			return b[:], nil
		}),
		fn("address_text", "BLOB,VARCHAR", func(a []any) (any, error) { return AddressText(a[0].([]byte)), nil }),
		fn("network_has", "VARCHAR,BLOB,INTEGER,BOOLEAN", networkHas),
	}
}

// networkHas says whether a network, address/length, has an address. Releases
// before 476 compare addresses of one version only.
func networkHas(a []any) (any, error) {
	text, length, ok := strings.Cut(a[0].(string), "/")
	if !ok {
		return nil, badArg("Invalid CIDR")
	}
	network, ok := parseAddress(text)
	if !ok {
		return nil, badArg("Invalid network IP address")
	}
	bits, err := strconv.ParseInt(length, 10, 32)
	if err != nil {
		return nil, failed{"GENERIC_INTERNAL_ERROR", `For input string: "` + length + `"`}
	}
	if bits < 0 {
		return nil, badArg("Invalid prefix length")
	}
	address, _ := netip.AddrFromSlice(a[1].([]byte))
	older := a[2].(int32) < 476
	tooLong := "Invalid CIDR"
	if older {
		network, address, tooLong = network.Unmap(), address.Unmap(), "Prefix length exceeds address length"
	}
	p, err := network.Prefix(int(min(bits, 200)))
	switch {
	case err != nil:
		return nil, badArg("%s", tooLong)
	case network.Is4() && p.Addr() != network:
		return nil, badArg("Invalid CIDR") // bits behind the prefix
	case older && network.BitLen() != address.BitLen():
		return nil, badArg("IP address version should be the same")
	case network.Is4():
		return p.Contains(address.Unmap()), nil
	}
	wide, err := netip.AddrFrom16(address.As16()).Prefix(int(bits))
	return err == nil && wide.Addr() == p.Addr(), nil
}
