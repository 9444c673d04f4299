package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// checks is everything that is looked at. Each finds nothing on a ring that is well.
var checks = []func(*examination) []finding{
	checkAccount, checkWriting, checkReaders, checkUnreadable, checkSealing, checkRotation, checkOpening, checkCertificate, checkPolicy, checkAtRest, checkMixture,
	checkClocks, checkServerClock, checkRaces, checkLeftovers, checkSpace,
}

const (
	clockTolerance = 5 * time.Minute
	raceWindow     = time.Minute
)

// command writes a command line for this ring.
func (x *examination) command(args string) string {
	return fmt.Sprintf("sealring --store %s %s", shellWord(x.storeURL), args)
}

func shellWord(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@", r)
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// checkAccount says as whom it was looked.
func checkAccount(x *examination) []finding {
	if x.account == "" {
		return nil
	}
	return []finding{{
		note, "account", fmt.Sprintf("the directory belongs to the account %s, and it was looked at as that", x.account),
		"programs most likely run as that account, and root can read what they cannot",
		"if they run as another one, give the directory to it: sealring provision directory --account NAME " + shellWord(x.place),
	}}
}

// checkWriting tells a directory that cannot be written to, which is as it should be
// where somebody else makes the keys.
func checkWriting(x *examination) []finding {
	if !x.readOnly {
		return nil
	}
	f := finding{
		note, "writing", "this account cannot write to the directory " + x.place,
		"it makes no keys and revokes none; that is for another account to do, or nobody does it",
		"nothing, if its programs are meant to be ReadOnly; else sealring provision directory " + shellWord(x.place),
	}
	if len(x.listing.Keys) == 0 {
		f.Severity, f.Why = warning, "there are no keys yet, and no program that runs as it can make the first"
	}
	return []finding{f}
}

// checkReaders passes on what the store found out about itself: mostly who else
// can read it.
func checkReaders(x *examination) (all []finding) {
	if x.marked {
		return []finding{{
			warning, "store", "the directory is marked as that of a share, and was looked at as a private one",
			"a share that is not mounted would pass for a ring without keys, and what other accounts may do, as they have to, for too much",
			"name it as programs do with filestore.Shared: sealring --store " + shellWord(x.storeURL+"?shared") + " doctor",
		}}
	}
	for _, w := range x.snapshot.Warnings {
		what, mend, _ := strings.Cut(w, "; ")
		all = append(all, finding{warning, "store", what, "keys that others can read let them log in as anybody, and keys that get lost log everybody out", strings.TrimPrefix(mend, "run: ")})
	}
	return all
}

func checkUnreadable(x *examination) (all []finding) {
	for _, p := range x.listing.Problems {
		mend := "put it back from a backup; or, if it never was anything of use, remove it"
		if errors.Is(p, fs.ErrPermission) && x.place != "" {
			mend = "give it to the account that programs run as: sealring provision directory --account NAME " + shellWord(x.place)
		}
		all = append(all, finding{
			critical, "unreadable", strings.TrimPrefix(p.Error(), "dataprotection: "),
			"it may be a revocation, so no program starts on the ring while it is there", mend,
		})
	}
	return all
}

// resolution is what the policy says, taking keys that cannot be opened here for good.
func (x *examination) resolution() dataprotection.Resolution {
	return dataprotection.Policy{}.Resolve(x.now, x.assumeUsable())
}

func (x *examination) assumeUsable() []dataprotection.KeyInfo {
	keys := slices.Clone(x.listing.Keys)
	for i := range keys {
		keys[i].Unusable = nil
	}
	return keys
}

func checkSealing(x *examination) []finding {
	if len(x.listing.Keys) == 0 && x.missing {
		return []finding{{warning, "keys", "there is no directory " + x.place, "either no program has been started on it yet, or it is another one than the programs use, or a disk is not mounted", "compare with what the programs are given; sealring provision directory " + shellWord(x.place) + " makes it"}}
	}
	if len(x.listing.Keys) == 0 {
		return []finding{{note, "keys", "the ring has no keys", "the first program that opens it makes one", ""}}
	}
	if x.resolution().Default != nil {
		return nil
	}
	for _, k := range x.listing.Keys {
		if !k.Revoked && k.Activates.After(x.now) {
			return []finding{{
				critical, "sealing", fmt.Sprintf("no key of the ring may seal now; key %s does from %s on", k.ID, moment(k.Activates)),
				"a clock is wrong, or was when the key was made; else the first program that may make keys makes one, and until then nobody can log in",
				mendClocks + "; if they are right: " + x.command("keys create --now"),
			}}
		}
	}
	return []finding{{
		critical, "sealing", "no key of the ring may seal now",
		"the newest key is expired or revoked; the first program that may make keys makes one, and until then nobody can log in",
		x.command("keys create --now"),
	}}
}

func checkRotation(x *examination) []finding {
	def := x.resolution().Default
	if def == nil {
		return nil
	}
	due := dataprotection.Policy{}.NextCreation(x.now, x.assumeUsable())
	left := def.Expires.Sub(x.now)
	switch {
	case due.After(x.now):
		return nil
	case left < 24*time.Hour:
		return []finding{{
			critical, "rotation", fmt.Sprintf("key %s seals for another %s only, and has no successor", def.ID, span(left)),
			"no program that may make keys looks at this ring, or it fails to; then nobody can log in any more",
			x.command("keys create --now"),
		}}
	}
	return []finding{{
		warning, "rotation", fmt.Sprintf("key %s expires in %s, and its successor is overdue since %s", def.ID, span(left), day(due)),
		"no program that may make keys looks at this ring: all are read-only, stopped, or may not write",
		x.command("keys create"),
	}}
}

func checkOpening(x *examination) (all []finding) {
	if !x.opens {
		if sealed := x.countKeys(func(k *dataprotection.KeyInfo) bool { return len(k.SealedBy) > 0 }); sealed > 0 {
			all = append(all, finding{note, "opening", fmt.Sprintf("%s sealed at rest, and nothing was given to open them with", are(sealed, "key")), "whether they open was not tried", x.command("--cert FILE doctor")})
		}
		return all
	}
	const mend = "give the certificate or secret that it was sealed with to every program, or restore it from escrow"
	def := x.resolution().Default
	clear, others := keyList{}, keyList{}
	for _, k := range x.listing.Keys {
		switch {
		case k.Unusable == nil:
		case def != nil && def.ID == k.ID && len(k.SealedBy) == 0:
			all = append(all, finding{critical, "opening", fmt.Sprintf("key %s cannot be opened here: %s", k.ID, inFlags(k.Unusable)), "it is the key that seals: no program that has a Sealer starts, but those with AllowUnsealed", x.reseal()})
		case def != nil && def.ID == k.ID:
			all = append(all, finding{critical, "opening", fmt.Sprintf("key %s cannot be opened here: %s", k.ID, inFlags(k.Unusable)), "it is the key that seals: no program without that certificate or secret starts", mend})
		case len(k.SealedBy) == 0:
			clear.Keys = append(clear.Keys, newKeyRow(k, false, x.now))
		default:
			others.Keys = append(others.Keys, newKeyRow(k, false, x.now))
		}
	}
	for _, reason := range others.reasons() {
		all = append(all, finding{warning, "opening", reason, "what was sealed with it cannot be read, here", mend})
	}
	for _, reason := range clear.reasons() {
		all = append(all, finding{warning, "opening", reason, "what was sealed with it cannot be read, here", x.reseal()})
	}
	return all
}

// reseal is what mends keys in clear.
func (x *examination) reseal() string {
	return "if all of them are yours: " + x.command("--cert FILE --allow-unsealed keys reseal") + "; docs/certificates.md has the steps"
}

// checkCertificate passes on what the sealer has to say, such as that its
// certificate is about to end.
func checkCertificate(x *examination) (all []finding) {
	w, ok := x.sealer.(dataprotection.Warner)
	if !ok {
		return nil
	}
	for _, text := range w.Warnings(x.now) {
		all = append(all, finding{
			warning, "certificate", text, "Sealring takes it all the same; .NET that has it by thumbprint, and other tools, do not",
			"docs/certificates.md has the steps to another one",
		})
	}
	return all
}

// checkPolicy compares the newest key with what the machine prescribes.
func checkPolicy(x *examination) (all []finding) {
	const mend = "sealring policy show"
	def := x.resolution().Default
	if def == nil || x.policy.Source == "" {
		return nil
	}
	const why = "it was made before the policy, on another machine, or by a program that states its own; the next key should follow it"
	if want := x.policy.Algorithm; want != "" && def.Algorithm != "" && def.Algorithm != want {
		all = append(all, finding{note, "policy", fmt.Sprintf("key %s, which seals, is for %s; %s prescribes %s", def.ID, def.Algorithm, x.policy.Source, want), why, mend})
	}
	if want := x.policy.KeyLifetime; want != 0 && def.Expires.Sub(def.Created) > want+longerThanPlanned {
		all = append(all, finding{note, "policy", fmt.Sprintf("key %s, which seals, lives for %s; %s prescribes %s", def.ID, span(def.Expires.Sub(def.Created)), x.policy.Source, span(want)), why, mend})
	}
	return all
}

// longerThanPlanned is what a successor's life may have on top: it is made that much ahead.
const longerThanPlanned = 4 * 24 * time.Hour

func checkAtRest(x *examination) []finding {
	clear := x.countKeys(func(k *dataprotection.KeyInfo) bool { return len(k.SealedBy) == 0 && !k.Revoked })
	if clear == 0 {
		return nil
	}
	return []finding{{
		warning, "at rest", fmt.Sprintf("%s stored in clear", are(clear, "key")),
		"whoever reads the store, a backup of it or a disk that was thrown away can log in as anybody",
		x.reseal(),
	}}
}

func checkMixture(x *examination) (all []finding) {
	by, algorithms := map[string]bool{}, map[string]bool{}
	for _, k := range x.listing.Keys {
		if k.Revoked || k.ExpiredAt(x.now) {
			continue
		}
		by[newKeyRow(k, false, x.now).atRest()] = true
		if k.Algorithm != "" {
			algorithms[k.Algorithm] = true
		}
	}
	const why = "programs with different settings share the ring; fine while moving from one to the other, else one of them is set up wrongly"
	for what, found := range map[string]map[string]bool{"keys are kept differently": by, "keys have different algorithms": algorithms} {
		if len(found) > 1 {
			all = append(all, finding{note, "mixture", what + ": " + strings.Join(slices.Sorted(maps.Keys(found)), "; "), why, ""})
		}
	}
	slices.SortFunc(all, func(a, b finding) int { return strings.Compare(a.What, b.What) })
	return all
}

const mendClocks = "compare the clocks (timedatectl, w32tm) and let them be synchronised"

func checkClocks(x *examination) (all []finding) {
	for _, k := range x.listing.Keys {
		if ahead := k.Created.Sub(x.now); ahead > clockTolerance {
			all = append(all, finding{
				warning, "clock", fmt.Sprintf("key %s was made %s in the future", k.ID, span(ahead)),
				"the clock of this machine or of the one that made it is wrong; logins expire too early or too late",
				mendClocks,
			})
		}
		written, ok := x.written[k.Element]
		if early := k.Created.Sub(written); ok && early > clockTolerance {
			all = append(all, finding{
				warning, "clock", fmt.Sprintf("the file of key %s was written %s before the key was made", k.ID, span(early)),
				"the clock of the file server, or of the machine that made the key, is wrong; logins expire too early or too late", mendClocks,
			})
		}
		if ahead := written.Sub(x.now); ok && ahead > clockTolerance {
			all = append(all, finding{
				warning, "clock", fmt.Sprintf("the file of key %s was written %s in the future", k.ID, span(ahead)),
				"the clock of this machine or of the file server is wrong; logins expire too early or too late", mendClocks,
			})
		}
	}
	return all
}

// checkRaces looks for keys that were made where one was wanted.
func checkRaces(x *examination) (all []finding) {
	keys := slices.DeleteFunc(slices.Clone(x.listing.Keys), func(k dataprotection.KeyInfo) bool { return k.Revoked || k.ExpiredAt(x.now) })
	slices.SortFunc(keys, func(a, b dataprotection.KeyInfo) int { return a.Created.Compare(b.Created) })
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n].Created.Sub(keys[n-1].Created) <= raceWindow {
			n++
		}
		if n > 1 {
			all = append(all, race(keys[:n]))
		}
		keys = keys[n:]
	}
	return all
}

func race(keys []dataprotection.KeyInfo) finding {
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID.String())
	}
	return finding{
		note, "races", fmt.Sprintf("%s were made within %s", named("key", ids), span(max(keys[len(keys)-1].Created.Sub(keys[0].Created), time.Second))),
		"instances made a key each, as ASP.NET Core does when several start together, or somebody made several; all of them open everywhere, the newest seals", "",
	}
}

func checkLeftovers(x *examination) []finding {
	var ids []string
	for _, k := range x.listing.Keys {
		if k.Expires.Add(dataprotection.DefaultKeyLifetime).Before(x.now) {
			ids = append(ids, k.ID.String())
		}
	}
	old := len(ids)
	if old == 0 {
		return nil
	}
	if len(ids) > enough {
		ids = []string{"KEY..."}
	}
	return []finding{{
		note, "leftovers", fmt.Sprintf("%s expired long ago", count(old, "key")),
		"old keys do no harm, and no good unless something that they have sealed is kept for years",
		x.command("keys delete " + strings.Join(ids, " ")),
	}}
}

func (x *examination) countKeys(is func(*dataprotection.KeyInfo) bool) (n int) {
	for i := range x.listing.Keys {
		if is(&x.listing.Keys[i]) {
			n++
		}
	}
	return n
}

func are(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return count(n, what) + " are"
}
