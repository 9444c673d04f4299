package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/hostpolicy"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "look for what is wrong with a ring, or is going to be",
		Description: "Each finding says what is the matter, why that is bad, and what mends it. Nothing is changed.\n" +
			"The exit status is that of monitoring plug-ins: 0 all is well, 1 a warning, 2 something\n" +
			"critical, 3 it cannot be told.",
		Flags:  []cli.Flag{&cli.DurationFlag{Name: "timeout", Value: time.Minute, Usage: "how long a store may take to answer"}},
		Action: examine,
	}
}

// A severity says how much a finding matters. The numbers are the exit status.
type severity int

const (
	note     severity = iota // good to know
	warning                  // is going to hurt
	critical                 // hurts
	unknown                  // cannot be told
)

var severityNames = [...]string{"note", "warning", "critical", "unknown"}

func (s severity) String() string { return severityNames[s] }

// MarshalText is for JSON.
func (s severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A finding is something about a ring that somebody should know.
type finding struct {
	Severity severity `json:"severity"`
	Check    string   `json:"check"`
	What     string   `json:"what"`
	Why      string   `json:"why"`
	Mend     string   `json:"mend,omitempty"`
}

// An examination is what the checks look at.
type examination struct {
	now      time.Time
	storeURL string
	place    string               // the directory, if the store is one
	missing  bool                 // there is no such directory
	account  string               // the one that was looked as, if that was not the program's own
	readOnly bool                 // that account cannot write to the directory
	marked   bool                 // it is the directory of a share, and was not named as one
	written  map[string]time.Time // when the file server says that each file was written
	clock    serverClock
	opens    bool // something was given to open keys with
	sealer   dataprotection.Sealer
	policy   hostpolicy.Explanation
	listing  dataprotection.Listing
	snapshot dataprotection.Snapshot
}

// A diagnosis is all that was found.
type diagnosis struct {
	Store    string    `json:"store"`
	Worst    severity  `json:"worst"`
	Keys     int       `json:"keys"`
	Findings []finding `json:"findings"`
}

func examine(ctx context.Context, c *cli.Command) error {
	d := diagnosis{Store: withoutPassword(c.String("store")), Findings: []finding{}}
	patience := c.Duration("timeout")
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	x, err := read(bounded, func() (*examination, error) { return newExamination(bounded, c) })
	var usage *usageError
	var means *meansError
	switch {
	case errors.As(err, &usage):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && bounded.Err() != nil:
		d.Findings = []finding{unreachable(fmt.Errorf("it has not answered within %s", span(patience)))}
	case errors.As(err, &means):
		d.Findings = []finding{notLoaded(err)}
	case err != nil:
		d.Findings = append([]finding{unreachable(err)}, checkAccount(x)...)
		if _, policyErr := hostpolicy.Explain(); policyErr != nil {
			d.Findings = badPolicy(policyErr)
		}
	default:
		d.Keys = len(x.listing.Keys)
		for _, check := range checks {
			d.Findings = append(d.Findings, check(x)...)
		}
	}
	slices.SortStableFunc(d.Findings, func(a, b finding) int { return int(b.Severity - a.Severity) })
	if len(d.Findings) > 0 {
		d.Worst = d.Findings[0].Severity
	}
	if err := print(c, d, d.write); err != nil {
		return err
	}
	if d.Worst > note {
		return statusError(d.Worst)
	}
	return nil
}

// newExamination looks. With an error comes what was seen before it.
func newExamination(ctx context.Context, c *cli.Command) (*examination, error) {
	x := &examination{now: now(), storeURL: withoutPassword(c.String("store")), place: directoryOf(c.String("store"))}
	cfg, err := ringConfig(c)
	if err != nil {
		return x, err
	}
	x.opens, x.sealer = cfg.Sealer != nil, cfg.Sealer
	if x.place != "" {
		x.lookAtPlace()
		x.marked = isShare(ctx, x.place) && !strings.HasSuffix(x.storeURL, "?shared")
	}
	cfg.ReadOnly = true
	m, err := dataprotection.NewManager(ctx, cfg)
	if err != nil {
		return x, err
	}
	if x.policy, err = hostpolicy.Explain(); err != nil {
		return x, err
	}
	if x.listing, err = m.List(ctx); err != nil {
		return x, err
	}
	x.clock = askClock(ctx, c.String("store"))
	x.snapshot, err = cfg.Store.Load(ctx, "")
	return x, err
}

// lookAtPlace sees how the directory looks to the account that owns it, which may not
// be able to get there from where root is.
func (x *examination) lookAtPlace() {
	if dir, err := filepath.Abs(x.place); err == nil {
		x.place = dir
	}
	info, err := os.Stat(x.place)
	x.missing = errors.Is(err, fs.ErrNotExist)
	if err != nil || !info.IsDir() {
		return
	}
	x.account = becomeOwner(info)
	x.readOnly = !writable(x.place)
	x.written = writtenAt(x.place)
}

// isShare reports whether a directory has the mark of a share.
func isShare(ctx context.Context, dir string) bool {
	_, err := filestore.Shared(dir).Load(ctx, "")
	return err == nil
}

func unreachable(err error) finding {
	return finding{
		critical, "store", "the store cannot be read: " + strings.Join(strings.Fields(strings.TrimPrefix(inFlags(err), "dataprotection: ")), " "),
		"programs that run go on with the keys they know; none can start, and no revocation is seen",
		"see to it that it can be reached by the account that programs run as, and run this again",
	}
}

func notLoaded(err error) finding {
	return finding{
		unknown, "opening", "what was given to open keys with cannot be loaded: " + err.Error(),
		"so the ring was not looked at", "name a file that this account can read: --cert, --secret-file, --cert-password-file",
	}
}

func badPolicy(err error) []finding {
	return []finding{{
		critical, "policy", strings.TrimPrefix(err.Error(), "hostpolicy: "), "no program starts on this machine, but those that state a policy of their own",
		"mend that file; sealring policy check FILE says whether it is right",
	}}
}

// writtenAt tells when the files of a directory were written, as far as that can be told.
func writtenAt(dir string) map[string]time.Time {
	written := map[string]time.Time{}
	entries, _ := os.ReadDir(dir) // if it cannot be read, the store has said so
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			written[entry.Name()] = info.ModTime()
		}
	}
	return written
}

func (d diagnosis) write(w io.Writer) {
	if len(d.Findings) == 0 {
		fmt.Fprintf(w, "All is well with %s and its %s.\n", d.Store, count(d.Keys, "key"))
		return
	}
	alike, left := map[string]int{}, 0
	for i, f := range d.Findings {
		kind := f.Severity.String() + f.Check
		if alike[kind]++; alike[kind] > enough {
			left++
			continue
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n", strings.ToUpper(f.Severity.String()), printable(f.What))
		fmt.Fprintf(w, "  why:  %s\n", printable(f.Why))
		if f.Mend != "" {
			fmt.Fprintf(w, "  mend: %s\n", printable(f.Mend))
		}
	}
	if left > 0 {
		fmt.Fprintf(w, "\n%s of the same kinds; --json has all of them.\n", count(left, "more finding"))
	}
}

// enough is how many findings of a kind people want to read.
const enough = 5
