package s3

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"acme/telemetry/engine/store/s3/s3test"
)

// actions gives what IAM calls the operations.
var actions = map[string]string{
	"PutObject": "s3:PutObject", "CreateMultipartUpload": "s3:PutObject", "UploadPart": "s3:PutObject", "CompleteMultipartUpload": "s3:PutObject",
	"GetObject": "s3:GetObject", "HeadObject": "s3:GetObject", "ListObjectsV2": "s3:ListBucket", "DeleteObject": "s3:DeleteObject",
	"ListObjectVersions": "s3:ListBucketVersions", "DeleteObjectVersion": "s3:DeleteObjectVersion",
	"AbortMultipartUpload": "s3:AbortMultipartUpload", "ListMultipartUploads": "s3:ListBucketMultipartUploads",
}

// The policies of the deployment guide allow each role what it asks for, and nothing else.
func TestPolicies(t *testing.T) {
	server, s := broken(t)
	s.sizes = sizes{1 << 10, 1 << 14, 50 << 10}
	for role, work := range map[string]func() error{
		"LakeWriter": func() error {
			for _, size := range []int{10, 2 << 10, 150 << 10} {
				for range 2 { // the second is refused
					if _, err := s.Put(t.Context(), "k"+strings.Repeat("x", size>>10), bytes.NewReader(sample(size))); err != nil && !strings.Contains(err.Error(), "exists") {
						return err
					}
				}
			}
			server.Break(nth("CompleteMultipartUpload", 100, s3test.Answer(403, "AccessDenied")))
			defer server.Break(nil)
			_, _ = s.Put(t.Context(), "aborted", bytes.NewReader(sample(150<<10)))
			if _, err := list(s); err != nil {
				return err
			}
			_, err := read(s, "k")
			return err
		},
		"LakeReader": func() error {
			if _, err := list(s); err != nil {
				return err
			}
			if _, err := s.Stat(t.Context(), "k"); err != nil {
				return err
			}
			_, err := read(s, "k")
			return err
		},
		"LakeEraser": func() error {
			if _, err := s.Put(t.Context(), "erased", strings.NewReader("x")); err != nil {
				return err
			}
			server.Requests() // putting is the writer's
			_, err := s.Purge(t.Context(), "erased")
			return err
		},
		"LakeSweeper": func() error {
			found, err := s.Unfinished(t.Context(), time.Now())
			if err == nil && len(found) > 0 {
				err = s.Drop(t.Context(), found[0])
			}
			return err
		},
	} {
		if role == "LakeReader" {
			if _, err := s.Put(t.Context(), "k", strings.NewReader("x")); err != nil && !strings.Contains(err.Error(), "exists") {
				t.Fatal(err)
			}
		}
		server.Requests()
		if err := work(); err != nil {
			t.Fatalf("%s: %v", role, err)
		}
		asked := []string{}
		for _, op := range server.Requests() {
			asked = append(asked, actions[op])
		}
		if role == "LakeSweeper" {
			asked = append(asked, "s3:AbortMultipartUpload") // where there is something to drop
		}
		if role == "LakeEraser" {
			asked = append(asked, "s3:DeleteObject") // where the server knows no versions
		}
		slices.Sort(asked)
		asked = slices.Compact(asked)
		if may := allowed(t, role); !slices.Equal(asked, may) {
			t.Errorf("%s asks for %v, the guide allows %v", role, asked, may)
		}
	}
}

// allowed gives the actions that the guide's policies allow in statements of a role.
func allowed(t *testing.T, role string) (actions []string) {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "DEPLOYMENT_GUIDE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(guide, -1) {
		var policy struct {
			Statement []struct {
				Sid, Effect string
				Action      any
			}
		}
		if err := json.Unmarshal(block[1], &policy); err != nil {
			t.Fatal(err)
		}
		for _, s := range policy.Statement {
			if !strings.HasPrefix(s.Sid, role) || s.Effect != "Allow" {
				continue
			}
			switch a := s.Action.(type) {
			case string:
				actions = append(actions, a)
			case []any:
				for _, one := range a {
					actions = append(actions, one.(string))
				}
			}
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
