package main

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/stream"
)

// kafkaFlags say which cluster and topic, and as whom; the verbs that speak to Kafka
// share them.
type kafkaFlags struct {
	brokers      []string
	topic        string
	auth         string
	user         string
	passwordFile string
	ca           string
	certificate  string
	key          string
	insist       bool
	patience     time.Duration
}

// defaultTopic is the deployment's.
const defaultTopic = stream.DefaultTopic

// add gives a command the flags.
func (k *kafkaFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVarP(&k.brokers, "brokers", "b", nil, "brokers to begin with, host:port, separated by commas (default $ACME_BROKERS, else 127.0.0.1:9092)")
	f.StringVarP(&k.topic, "topic", "t", defaultTopic, "topic")
	f.StringVar(&k.auth, "auth", "", "iam, scram, mtls or plaintext (default: plaintext where all brokers are on this machine, else iam)")
	f.StringVar(&k.user, "sasl-user", "", "user for --auth scram; the password comes from $ACME_KAFKA_PASSWORD or --sasl-password-file")
	f.StringVar(&k.passwordFile, "sasl-password-file", "", "file with the password, on its first line")
	f.StringVar(&k.ca, "tls-ca", "", "PEM file of the authorities that the brokers' certificates come from (default: the system's)")
	f.StringVar(&k.certificate, "tls-cert", "", "PEM file of this client's certificate, for --auth mtls")
	f.StringVar(&k.key, "tls-key", "", "PEM file of its key")
	f.BoolVar(&k.insist, "insecure-plaintext", false, "allow --auth plaintext to brokers that are not on this machine")
	f.DurationVar(&k.patience, "connect-timeout", 30*time.Second, "how long to wait for a cluster that is starting or does not answer")
}

// cluster gives the configuration that the flags and the environment ask for.
func (p *program) cluster(k *kafkaFlags) (stream.Config, error) {
	c := stream.Config{Brokers: k.brokers, Patience: k.patience}
	if len(c.Brokers) == 0 {
		c.Brokers = strings.FieldsFunc(p.env["ACME_BROKERS"], func(r rune) bool { return r == ',' || r == ' ' })
	}
	if len(c.Brokers) == 0 {
		c.Brokers = []string{"127.0.0.1:9092"}
	}
	switch {
	case k.topic == "":
		return c, usagef("--topic: must not be empty")
	case k.patience <= 0:
		return c, usagef("--connect-timeout %s: must be more than nothing", k.patience)
	}
	c.Auth = stream.Auth{Mechanism: stream.Mechanism(k.auth), User: k.user, Insist: k.insist, Profile: p.global.profile}
	if k.auth == "" {
		c.Auth.Mechanism = stream.IAM
		if c.Loopback() {
			c.Auth.Mechanism = stream.Plaintext
		}
	}
	if err := p.readSecrets(k, &c.Auth); err != nil {
		return c, err
	}
	if err := c.Check(); err != nil {
		hint := ""
		if c.Auth.Mechanism == stream.Plaintext {
			hint = "choose iam, scram or mtls with --auth, or insist with --insecure-plaintext"
		}
		return c, withHint(exitUsage, hint, err)
	}
	return c, nil
}

// readSecrets fills in what no flag may carry.
func (p *program) readSecrets(k *kafkaFlags, a *stream.Auth) error {
	for _, f := range []struct {
		flag, name string
		to         *[]byte
	}{{"--tls-ca", k.ca, &a.CA}, {"--tls-cert", k.certificate, &a.Certificate}, {"--tls-key", k.key, &a.Key}} {
		if f.name == "" {
			continue
		}
		src, err := os.ReadFile(f.name)
		if err != nil {
			return usagef("%s: %w", f.flag, err)
		}
		*f.to = src
	}
	switch a.Mechanism {
	case stream.MTLS:
		if k.certificate == "" || k.key == "" {
			return usagef("--auth mtls: give this client's certificate and its key with --tls-cert and --tls-key")
		}
	case stream.SCRAM:
		if a.User == "" {
			return usagef("--auth scram: give the user with --sasl-user")
		}
		a.Password = p.env["ACME_KAFKA_PASSWORD"]
		if k.passwordFile != "" {
			src, err := os.ReadFile(k.passwordFile)
			if err != nil {
				return usagef("--sasl-password-file: %w", err)
			}
			line, _, _ := strings.Cut(string(src), "\n")
			a.Password = strings.TrimSuffix(line, "\r")
		}
		if a.Password == "" {
			return usagef("--auth scram: no password for user %s: set ACME_KAFKA_PASSWORD, or name a file with --sasl-password-file", a.User)
		}
	}
	return nil
}

// kafkaHint says what to look at after an error of the cluster.
func kafkaHint(err error) string {
	var denied *stream.AccessError
	var away *stream.UnreachableError
	switch {
	case errors.As(err, new(*stream.TopicMissingError)):
		return "check the name; acme generate --to kafka --create-topic makes one"
	case errors.As(err, &denied):
		return denied.Check
	case errors.As(err, &away):
		return away.Check
	}
	return ""
}
