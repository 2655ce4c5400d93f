package deflate

import "encoding/binary"

// AppendGzipHeader appends what a member of gzip (RFC 1952) begins with, before its blocks: no
// name, no time, no system (255), no hint about the level.
func AppendGzipHeader(out []byte) []byte {
	return append(out, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
}

// AppendGzipTrailer appends what stands behind the blocks of a member: the CRC-32 of what they
// hold (IEEE), and how many bytes that is.
func AppendGzipTrailer(out []byte, sum uint32, size int64) []byte {
	out = binary.LittleEndian.AppendUint32(out, sum)
	return binary.LittleEndian.AppendUint32(out, uint32(size))
}
