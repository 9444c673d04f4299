package dataprotection

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// Status is what there is to know about a ring at one moment, for logs, health
// checks and metrics. It holds no secrets.
type Status struct {
	// Application is the configured name.
	Application string `json:"application"`
	// Store says where the keys are kept.
	Store string `json:"store"`
	// Fingerprint is equal on instances that see the same keys and revocations.
	Fingerprint string `json:"fingerprint"`
	// Healthy is false while there are problems that need somebody.
	Healthy bool `json:"healthy"`
	// Problems says what is wrong, in sentences.
	Problems []string `json:"problems,omitempty"`

	// SealingKey is the key that new payloads are made with; the zero id if there is none.
	SealingKey KeyID `json:"sealingKey"`
	// SealingKeyActivated and SealingKeyExpires are its dates.
	SealingKeyActivated time.Time `json:"sealingKeyActivated"`
	SealingKeyExpires   time.Time `json:"sealingKeyExpires"`
	// NextRotation is when the next key is going to be made, or, on a ring that is
	// read-only, should be made by another member.
	NextRotation time.Time `json:"nextRotation"`

	// Keys counts all keys; Revoked, Expired and Unusable some of them.
	Keys     int `json:"keys"`
	Revoked  int `json:"revoked"`
	Expired  int `json:"expired"`
	Unusable int `json:"unusable"`
	// Unsealed counts the keys that are stored in clear.
	Unsealed int `json:"unsealed"`
	// AtRest says how new keys are stored: "in clear", or what they are sealed by, as
	// the sealer's String says, else its type.
	AtRest string `json:"atRest"`
	// Policy says whose policy rules new keys, with its source.
	Policy string `json:"policy"`
	// ReadOnly rings make no keys.
	ReadOnly bool `json:"readOnly"`

	// LastGoodLoad is when the store was last found or read in good order.
	LastGoodLoad time.Time `json:"lastGoodLoad"`
	// LastFailedLoad and LastError tell of the last load that failed. They stay
	// after the next good one.
	LastFailedLoad time.Time `json:"lastFailedLoad,omitzero"`
	LastError      string    `json:"lastError,omitempty"`
}

// Status returns the state of the ring. It does not touch the store.
func (r *KeyRing) Status() Status {
	if r == nil || r.current.Load() == nil {
		return Status{Problems: []string{errZeroRing.Error()}}
	}
	snap := r.current.Load()
	now := r.cfg.now()
	infos := snap.infos()
	st := Status{
		Application: r.cfg.Application, Store: storeName(r.cfg.Store), ReadOnly: r.cfg.ReadOnly,
		AtRest: r.cfg.atRest(), Policy: r.cfg.machine.said,
		Fingerprint:  fingerprint(infos),
		NextRotation: r.cfg.policy().NextCreation(now, assumeUsable(infos)),
	}
	if snap.sealing != nil {
		info := snap.sealing.info
		st.SealingKey, st.SealingKeyActivated, st.SealingKeyExpires = info.ID, info.Activates, info.Expires
	}
	st.count(now, infos)
	if r.refresher != nil {
		r.refresher.health.fill(&st)
	}
	st.Healthy = len(st.Problems) == 0
	return st
}

func (s *snapshot) infos() []KeyInfo {
	infos := make([]KeyInfo, 0, len(s.entries))
	for _, e := range s.entries {
		info := e.key.info
		info.Revoked = e.revoked
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b KeyInfo) int { return strings.Compare(a.ID.String(), b.ID.String()) })
	return infos
}

func (st *Status) count(now time.Time, infos []KeyInfo) {
	st.Keys = len(infos)
	for _, k := range infos {
		st.Revoked += one(k.Revoked)
		st.Expired += one(k.ExpiredAt(now))
		st.Unusable += one(k.Unusable != nil)
		st.Unsealed += one(len(k.SealedBy) == 0)
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// fill adds what the background work knows.
func (h *health) fill(st *Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	st.LastGoodLoad, st.LastFailedLoad = h.lastGood, h.lastBad
	if h.lastErr != nil {
		st.LastError = h.lastErr.Error()
	}
	for _, name := range slices.Sorted(maps.Keys(h.problems)) {
		st.Problems = append(st.Problems, h.problems[name].text)
	}
}

// fingerprint is made from what the store holds, not from what could be opened of it.
func fingerprint(infos []KeyInfo) string {
	h := sha256.New()
	for _, k := range infos {
		writeFacts(h, k)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func writeFacts(h hash.Hash, k KeyInfo) {
	fmt.Fprintf(h, "%s %d %d %d %t\n", k.ID, ticksFromTime(k.Created), ticksFromTime(k.Activates), ticksFromTime(k.Expires), k.Revoked)
}

// storeName is what a store, or a sealer, calls itself. Nothing else of it is printed.
func storeName(s any) string { return cmp.Or(ownName(s), fmt.Sprintf("%T", s)) }

// ownName is empty for a store that has no name.
func ownName(s any) string {
	if named, ok := s.(fmt.Stringer); ok {
		return named.String()
	}
	return ""
}

func trimmed(err error) string { return strings.ReplaceAll(err.Error(), "dataprotection: ", "") }

// logOpened says in one line what a newcomer to the log needs to know.
func (r *refresher) logOpened() {
	st := r.ring.Status()
	r.cfg.Logger.Info("dataprotection: the key ring is open",
		"application", st.Application, "store", st.Store, "keys", st.Keys, "fingerprint", st.Fingerprint,
		"sealingKey", st.SealingKey.String(), "expires", st.SealingKeyExpires, "atRest", st.AtRest, "policy", st.Policy, "readOnly", st.ReadOnly)
}

// LogValue prints the status as a group.
func (st Status) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Bool("healthy", st.Healthy), slog.String("fingerprint", st.Fingerprint),
		slog.String("sealingKey", st.SealingKey.String()), slog.Time("nextRotation", st.NextRotation),
		slog.Int("keys", st.Keys), slog.Int("revoked", st.Revoked), slog.Int("unusable", st.Unusable))
}
