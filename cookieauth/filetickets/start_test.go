package filetickets_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/filetickets"
	"github.com/sealring/sealring/dataprotection"
)

// Who looks for cut-offs while another instance makes the directory finds none, or
// what is there already, and never something half-made.
func TestDirectoryIsMadeWhileItIsRead(t *testing.T) {
	for range 50 {
		dir := filepath.Join(t.TempDir(), "sessions") // on a disk, where a file takes a while to be whole
		first, second := newStore(t, filetickets.Config{Dir: dir}), newStore(t, filetickets.Config{Dir: dir})
		made := make(chan error, 1)
		go func() {
			made <- first.AddCutoffs(t.Context(), cookieauth.Cutoff{User: "u", Before: time.Now(), Until: time.Now().Add(time.Hour)})
		}()
		for done := false; !done; {
			select {
			case err := <-made:
				if err != nil {
					t.Fatal(err)
				}
				done = true // and one look more
			default:
			}
			cutoffs, _, err := second.LoadCutoffs(t.Context(), "")
			if err != nil && !errors.Is(err, dataprotection.ErrNotModified) {
				t.Fatal(err)
			}
			if done && len(cutoffs) != 1 {
				t.Fatalf("%d cut-offs when it is made, want 1", len(cutoffs))
			}
		}
	}
}
