package s3

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"acme/telemetry/engine/store"
)

// AccessError is a server that refuses who asks, or nobody to ask as.
type AccessError struct {
	Doing string // what was being done, and to what
	Check string // what to look at next
	Err   error
}

func (e *AccessError) Error() string { return e.Doing + ": " + e.Err.Error() }
func (e *AccessError) Unwrap() error { return e.Err }

// Hint says what to look at next.
func (e *AccessError) Hint() string { return e.Check }

// Is makes it a store.ErrUnavailable.
func (e *AccessError) Is(err error) bool { return err == store.ErrUnavailable }

// UnreachableError is a server that does not answer, or does not stop failing.
type UnreachableError struct {
	Doing string
	Check string
	Err   error
}

func (e *UnreachableError) Error() string { return e.Doing + ": " + e.Err.Error() }
func (e *UnreachableError) Unwrap() error { return e.Err }

// Hint says what to look at next.
func (e *UnreachableError) Hint() string { return e.Check }

// Is makes it a store.ErrUnavailable.
func (e *UnreachableError) Is(err error) bool { return err == store.ErrUnavailable }

// BucketError is a bucket that is not there, or lies elsewhere.
type BucketError struct {
	Doing string
	Check string
	Err   error
}

func (e *BucketError) Error() string { return e.Doing + ": " + e.Err.Error() }
func (e *BucketError) Unwrap() error { return e.Err }

// Hint says what to look at next.
func (e *BucketError) Hint() string { return e.Check }

// DamagedError says that what came is not what the server says it keeps.
type DamagedError struct{ Object, Why string }

func (e *DamagedError) Error() string { return e.Object + " came damaged: " + e.Why }

// credentialsError is that there is nobody to ask as.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "no credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// brokenError is an answer that ended too early or is none of what was asked for.
type brokenError struct{ why string }

func (e *brokenError) Error() string { return e.why }

// short gives S3's own words of an error, without the SDK's around them.
func short(err error) error {
	var r *smithyhttp.ResponseError
	if !errors.As(err, &r) || r.Response == nil {
		return err
	}
	status := r.HTTPStatusCode()
	code := codeOf(err)
	if code == "" || code == "UnknownError" || code == http.StatusText(status) {
		return &answerError{fmt.Sprintf("the server answered %d %s", status, http.StatusText(status)), err}
	}
	return &answerError{fmt.Sprintf("the server answered %d %s: %s", status, code, messageOf(err)), err}
}

type answerError struct {
	text string
	err  error
}

func (e *answerError) Error() string { return e.text }
func (e *answerError) Unwrap() error { return e.err }

func messageOf(err error) string {
	var api interface{ ErrorMessage() string }
	if errors.As(err, &api) && api.ErrorMessage() != "" {
		return api.ErrorMessage()
	}
	return "no message"
}

// explain gives an error of the server its kind, and what to check. doing says what was
// being done to which object.
func (s *Store) explain(doing string, err error) error {
	status, code := statusOf(err), codeOf(err)
	var nobody *credentialsError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrExists), errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.As(err, &nobody):
		return &AccessError{doing, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; aws sts get-caller-identity shows who they are", err}
	case code == "NoSuchBucket":
		return &BucketError{doing, "check its name, or make it: aws s3 mb s3://" + s.bucket, fmt.Errorf("there is no bucket %s at %s", s.bucket, s.endpoint)}
	case status == http.StatusMovedPermanently, status == http.StatusTemporaryRedirect, code == "AuthorizationHeaderMalformed", code == "IllegalLocationConstraintException":
		where := ""
		var r *smithyhttp.ResponseError
		if errors.As(err, &r) && r.Response != nil && r.Response.Header.Get("x-amz-bucket-region") != "" {
			where = "; the bucket's is " + r.Response.Header.Get("x-amz-bucket-region")
		}
		return &BucketError{doing, "set AWS_REGION to the region of the bucket" + where, short(err)}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, code == "ExpiredToken", code == "InvalidAccessKeyId", code == "SignatureDoesNotMatch":
		return &AccessError{doing, accessCheck(code), short(err)}
	}
	if passing, _ := s.judge(err); passing {
		return &UnreachableError{doing + " at " + s.endpoint, reachCheck(err), short(err)}
	}
	return fmt.Errorf("%s: %w", doing, short(err))
}

func accessCheck(code string) string {
	switch code {
	case "ExpiredToken", "ExpiredTokenException":
		return "the credentials are expired: log in again (aws sso login), or renew AWS_SESSION_TOKEN"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile that AWS_PROFILE names"
	case "RequestTimeTooSkewed":
		return "set this machine's clock: the server's differs by more than 15 minutes"
	}
	return "the policy must allow s3:ListBucket on the bucket and s3:GetObject, s3:PutObject below the prefix; docs/DEPLOYMENT_GUIDE.md has one for each verb"
}

func reachCheck(err error) string {
	var name *net.DNSError
	switch {
	case errors.As(err, &name):
		return "check AWS_ENDPOINT_URL_S3 and AWS_REGION, and that this machine's network knows the server's name"
	case errors.As(err, new(*x509.UnknownAuthorityError)), errors.As(err, new(x509.UnknownAuthorityError)), errors.As(err, new(x509.HostnameError)):
		return "the server's certificate is not trusted: give its authority with AWS_CA_BUNDLE"
	case statusOf(err) != 0:
		return "the server fails or asks for fewer requests: run the same command again later, it goes on where it stopped"
	}
	return "check AWS_ENDPOINT_URL_S3, that the server runs, and the network; then run the same command again"
}
