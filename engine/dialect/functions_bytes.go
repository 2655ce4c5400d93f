package dialect

// binaryFunctions are those over bytes: encodings, digests, numbers as bytes.
func binaryFunctions() []function {
	b := func(name, doc, in, out, sql string) function {
		return function{name: name, doc: doc, sigs: []signature{sg(in, out, sql)}}
	}
	// either takes the encoded form as text or as bytes.
	either := func(name, doc, call string) function {
		return function{name: name, doc: doc, sigs: []signature{
			{in: "varchar(x)", out: "varbinary", low: withLevel(call + "(encode($1)")},
			{in: "varbinary", out: "varbinary", low: withLevel(call + "($1")}}}
	}
	return append([]function{
		{name: "to_utf8", doc: "Text as bytes.", sigs: []signature{sg("varchar(x)", "varbinary", "encode($1)"),
			{in: "char(x)", out: "varbinary", sql: "encode($1)", since: charToVarchar}}},
		{name: "from_utf8", doc: "Bytes as text; what is none becomes a mark, or another character.", sigs: []signature{
			sg("varbinary", "varchar", "acme_from_utf8($1)"),
			sg("varbinary, bigint", "varchar", "acme_from_utf8_with($1, acme_replacement($2))"),
			sg("varbinary, varchar(x)", "varchar", "acme_from_utf8_with($1, $2)")}},
		b("to_hex", "Bytes as hexadecimal digits.", "varbinary", "varchar", "hex($1)"),
		either("from_hex", "Bytes of hexadecimal digits.", "acme_from_hex"),
		b("to_base32", "Bytes as base 32.", "varbinary", "varchar", "acme_to_base32($1)"),
		either("from_base32", "Bytes of base 32.", "acme_from_base32"),
		b("to_base64", "Bytes as base 64.", "varbinary", "varchar", "to_base64($1)"),
		either("from_base64", "Bytes of base 64.", "acme_from_base64"),
		b("to_base64url", "Bytes as base 64 with the alphabet of URLs.", "varbinary", "varchar", "replace(replace(to_base64($1), '+', '-'), '/', '_')"),
		either("from_base64url", "Bytes of base 64 with the alphabet of URLs.", "acme_from_base64url"),
		b("to_big_endian_32", "Integer as four bytes, the highest first.", "integer", "varbinary", "acme_to_bytes(CAST($1 AS BIGINT), 4)"),
		b("to_big_endian_64", "Integer as eight bytes, the highest first.", "bigint", "varbinary", "acme_to_bytes($1, 8)"),
		b("from_big_endian_32", "Integer of four bytes, the highest first.", "varbinary", "integer", "CAST(acme_from_bytes($1, 4) AS INTEGER)"),
		b("from_big_endian_64", "Integer of eight bytes, the highest first.", "varbinary", "bigint", "acme_from_bytes($1, 8)"),
		b("to_ieee754_32", "Real as its four bytes.", "real", "varbinary", "acme_real_bytes($1)"),
		b("to_ieee754_64", "Double as its eight bytes.", "double", "varbinary", "acme_double_bytes($1)"),
		b("from_ieee754_32", "Real of its four bytes.", "varbinary", "real", "acme_bytes_real($1)"),
		b("from_ieee754_64", "Double of its eight bytes.", "varbinary", "double", "acme_bytes_double($1)"),
	}, digestFunctions()...)
}

// withLevel puts the release behind the arguments of a call, for errors whose
// text differs between releases.
func withLevel(open string) func(c *invocation) string {
	return func(c *invocation) string {
		if c.a.level >= 476 {
			return c.template(open + ", true)")
		}
		return c.template(open + ", false)")
	}
}

func digestFunctions() []function {
	b := func(name, doc, in, out, sql string) function {
		return function{name: name, doc: doc, sigs: []signature{sg(in, out, sql)}}
	}
	const two = "varbinary, varbinary"
	return []function{
		b("md5", "MD5 of bytes.", "varbinary", "varbinary", "unhex(md5($1))"),
		b("sha1", "SHA-1 of bytes.", "varbinary", "varbinary", "unhex(sha1($1))"),
		b("sha256", "SHA-256 of bytes.", "varbinary", "varbinary", "unhex(sha256($1))"),
		b("sha512", "SHA-512 of bytes.", "varbinary", "varbinary", "acme_sha512($1)"),
		b("hmac_md5", "HMAC with MD5 of bytes and a key.", two, "varbinary", "acme_hmac('md5', $1, $2)"),
		b("hmac_sha1", "HMAC with SHA-1 of bytes and a key.", two, "varbinary", "acme_hmac('sha1', $1, $2)"),
		b("hmac_sha256", "HMAC with SHA-256 of bytes and a key.", two, "varbinary", "acme_hmac('sha256', $1, $2)"),
		b("hmac_sha512", "HMAC with SHA-512 of bytes and a key.", two, "varbinary", "acme_hmac('sha512', $1, $2)"),
		b("xxhash64", "xxHash64 of bytes.", "varbinary", "varbinary", "acme_xxhash64($1)"),
		b("murmur3", "MurmurHash3 of bytes, 128 bits.", "varbinary", "varbinary", "acme_murmur3($1)"),
		b("spooky_hash_v2_32", "SpookyHash V2 of bytes, 32 bits.", "varbinary", "varbinary", "acme_spooky($1, 4)"),
		b("spooky_hash_v2_64", "SpookyHash V2 of bytes, 64 bits.", "varbinary", "varbinary", "acme_spooky($1, 8)"),
		b("crc32", "CRC-32 of bytes.", "varbinary", "bigint", "acme_crc32($1)"),
	}
}
