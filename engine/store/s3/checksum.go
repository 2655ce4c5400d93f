package s3

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// nvme is the polynomial of CRC-64/NVME, reversed as package crc64 wants it.
const nvme = 0x9A6C9329AC4BC9B5

// newCRC64 makes S3's checksum of choice: of a whole object, whatever parts it came in.
func newCRC64() hash.Hash64 { return crc64.New(crc64.MakeTable(nvme)) }

// base64Of gives a sum as S3 writes it.
func base64Of(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

// checksumOf gives the hash and the expected sum of a whole object as the server
// keeps it; nil where it keeps none, or only one of parts.
func checksumOf(out *s3.GetObjectOutput) (h hash.Hash, want string) {
	if out.ChecksumType == types.ChecksumTypeComposite {
		return nil, ""
	}
	for _, c := range []struct {
		sum *string
		of  func() hash.Hash
	}{
		{out.ChecksumCRC64NVME, func() hash.Hash { return newCRC64() }},
		{out.ChecksumCRC32C, func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }},
		{out.ChecksumCRC32, func() hash.Hash { return crc32.NewIEEE() }},
		{out.ChecksumSHA256, sha256.New},
		{out.ChecksumSHA1, sha1.New},
	} {
		if c.sum != nil && *c.sum != "" && !strings.Contains(*c.sum, "-") { // SUM-N is of N parts
			return c.of(), *c.sum
		}
	}
	return nil, ""
}
