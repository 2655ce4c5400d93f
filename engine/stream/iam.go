package stream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/twmb/franz-go/pkg/sasl"
	mskiam "github.com/twmb/franz-go/pkg/sasl/aws"
)

// credentialsError is AWS credentials that could not be had, or are of no use.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "sign with AWS credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// signing is a mechanism that fails by a credentialsError when it cannot sign.
type signing struct{ sasl.Mechanism }

func (s signing) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	session, message, err := s.Mechanism.Authenticate(ctx, host)
	if err != nil && !errors.As(err, new(*credentialsError)) {
		err = &credentialsError{fmt.Errorf("%w: set AWS_REGION", err)}
	}
	return session, message, err
}

// iam gives the mechanism AWS_MSK_IAM. Credentials are asked for at each
// connection and each renewal of one, so that those that rotate stay valid; the
// provider caches them. who learns the access key id.
func (a Auth) iam(ctx context.Context, who *principal) (sasl.Mechanism, error) {
	provider := a.Credentials
	if provider == nil {
		var options []func(*config.LoadOptions) error
		if a.Profile != "" {
			options = append(options, config.WithSharedConfigProfile(a.Profile))
		}
		cfg, err := config.LoadDefaultConfig(ctx, options...)
		if err != nil {
			return nil, &AccessError{Doing: "read the AWS configuration", Principal: who.String(), Mechanism: IAM.describe(),
				Check: "check AWS_PROFILE, AWS_CONFIG_FILE and the file itself", Err: &credentialsError{err}}
		}
		provider = cfg.Credentials
	}
	var key atomic.Value
	who.name = func() string {
		if id, ok := key.Load().(string); ok {
			return id
		}
		return "nobody, without AWS credentials"
	}
	return signing{mskiam.ManagedStreamingIAM(func(ctx context.Context) (mskiam.Auth, error) {
		c, err := provider.Retrieve(ctx)
		if err != nil {
			return mskiam.Auth{}, &credentialsError{err}
		}
		key.Store(nameCredentials(c))
		if c.Expired() {
			return mskiam.Auth{}, &credentialsError{fmt.Errorf("those of %s expired at %s", c.AccessKeyID, c.Expires.UTC().Format(time.RFC3339))}
		}
		return mskiam.Auth{AccessKey: c.AccessKeyID, SecretKey: c.SecretAccessKey, SessionToken: c.SessionToken, UserAgent: "acme"}, nil
	})}, nil
}

// nameCredentials says whose credentials they are, without a secret.
func nameCredentials(c aws.Credentials) string {
	name := "access key " + c.AccessKeyID
	if c.AccountID != "" {
		name += " of account " + c.AccountID
	}
	if c.Source != "" {
		name += ", from " + c.Source
	}
	return name
}

// principal gives who the mechanism makes one.
func (a Auth) principal() *principal {
	name := ""
	switch a.Mechanism {
	case SCRAM:
		name = "user " + a.User
	case MTLS:
		name = "the client certificate"
		if pair, err := tls.X509KeyPair(a.Certificate, a.Key); err == nil {
			if leaf, err := x509.ParseCertificate(pair.Certificate[0]); err == nil {
				name = fmt.Sprintf("certificate %s, valid until %s", leaf.Subject, leaf.NotAfter.UTC().Format(time.RFC3339))
			}
		}
	case IAM:
		name = "nobody, without AWS credentials"
	}
	return &principal{name: func() string { return name }}
}
