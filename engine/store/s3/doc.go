// Package s3 keeps objects in a bucket of Amazon S3, or of a server that speaks its
// protocol.
//
// What comes in: s3://BUCKET/PREFIX, keys, streams of bytes; who asks and where the
// server is, by the environment and files of the AWS SDK. What goes out: the same
// bytes, whole, or an error that says what was being done, to which object, and what
// to look at next.
//
// How the promises of package store are kept:
//
//   - Whole or not at all. What is put is read to its end first, into memory or a
//     temporary file, with its CRC64NVME. Up to singleBytes go in one request, more
//     in parts that become an object by one last request. The server holds what it
//     got to the checksum before anything is visible.
//   - Never replaced. The request that makes an object visible has If-None-Match: *.
//     412 is store.ErrExists, unless this very Put made the object by an attempt whose
//     answer was lost: each Put leaves a word of its own in the object's metadata to
//     tell. 409 is a race that S3 has not decided; it is asked again.
//   - Read whole. A body that breaks is taken up where it ended, by a request for the
//     rest of the object with the same ETag. Bytes are counted, and held to the
//     checksum that the server has, before io.EOF is given.
//   - In order. S3 lists by the bytes of the key. Some servers list a folder before
//     the names that go on with a character below the slash; what of that is in one
//     answer, or follows before the order is right again, is sorted, and what comes too
//     late is refused.
//
// A promise that S3 keeps less of: an object that is deleted while it is read is read
// to its end only as long as the connection holds. And one that it does not need: there
// is no folder, so a key may be the beginning of another.
//
// Attempts. The SDK's own retries are off: their quota is one for a client and runs dry
// in a long outage, and they do not cover the bodies of answers. Here an operation is
// attempted up to eight times with pauses that double, and a server that says SlowDown
// slows all operations of the store. A request that moves no byte for a minute, and a
// body that gives none for half of one, are broken off and count as failed. A server
// that was never reached is given up after three attempts.
//
// What a killed writer leaves are parts of objects that never came: they are listed
// nowhere and cost money. Sweep finds and drops them.
package s3
