package dataprotection

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// A Store keeps the XML elements that make up a key ring: keys and revocations.
// Elements are only ever added, replaced whole or removed whole. A store knows
// nothing of their content.
//
// Implementations must be safe for concurrent use, by several goroutines and by
// several processes on several machines. Package storetest checks the contract.
type Store interface {
	// Load returns every element. With since set to the version of an earlier
	// snapshot it may return ErrNotModified when nothing has changed; it should
	// find that out cheaply, because it is asked every few seconds.
	//
	// A store that holds nothing returns an empty snapshot. One that cannot be
	// listed returns an error: empty is not unreadable, and the ring makes a new
	// key only in the first case. An element that is there but cannot be read is
	// put into Snapshot.Unreadable and never left out, since it may be a revocation.
	//
	// Load honours the cancellation of ctx as far as the medium allows.
	Load(ctx context.Context, since Version) (Snapshot, error)

	// Add stores e durably: once it has returned nil, e survives a crash of this
	// process and is in what any process loads from then on, within the limits of
	// the medium's caches. It never replaces an element.
	//
	// If ifVersion is not empty, e is added only if the store still is at that
	// version; otherwise Add returns ErrConflict and nothing has been added. A
	// store whose medium cannot promise that does its best, and says so in its
	// documentation. That an element has been replaced meanwhile need not count.
	// An error other than ErrConflict leaves open whether e was added. Any name is
	// accepted. A store that goes by names, as a directory does, and already has an
	// element of that name, returns an error that Is fs.ErrExist.
	Add(ctx context.Context, e Element, ifVersion Version) error
}

// addTo has the store add an element, within loadTimeout.
func addTo(ctx context.Context, s Store, e Element, ifVersion Version) error {
	bounded, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	return patienceOver(ctx, bounded, s.Add(bounded, e, ifVersion))
}

// A Version identifies one state of a store's content. It is opaque, compared
// for equality only, and never empty in a Snapshot. The empty Version stands for "none".
type Version string

// A Snapshot is the content of a store at one moment.
type Snapshot struct {
	// Version is never empty, not even when the store is.
	Version Version
	// Elements are in no particular order. They must not be modified.
	Elements []Element
	// Unreadable names the elements that are there but could not be read, each
	// with the reason. Each may be a revocation.
	Unreadable []*RingError
	// Warnings are findings about the store itself that an operator should know,
	// such as a directory that others can read. The ring logs each of them once.
	Warnings []string
}

// An Element is one XML element of a key ring, a key or a revocation, as bytes. It
// prints as its name only and leaves the XML out of JSON and logs, since that may
// be a key in clear.
type Element struct {
	// Name is the friendly name, such as "key-{id}". It is for humans; some
	// stores do not keep it.
	Name string
	// Ref is the store's own handle, such as a file name or a row id. It is set
	// in what Load returns, and is what Replace and Remove go by.
	Ref string
	// XML is the element, as UTF-8 or UTF-16 with a byte order mark. It may have
	// an XML declaration.
	XML []byte `json:"-"`
}

// Format prints the name only, whatever the verb.
func (e Element) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "Element(%s)", elementName(e)) }

// LogValue is the name only.
func (e Element) LogValue() slog.Value { return slog.StringValue(elementName(e)) }

// A Replacer is a Store that can exchange one element for another. Readers see
// either the old one or the new one, never none or half of one. The element keeps
// its name. If old is no longer there as it was loaded, Replace returns ErrConflict.
type Replacer interface {
	Replace(ctx context.Context, old, new Element) error
}

// A Remover is a Store that can remove elements. It removes them in the given
// order and stops at the first failure. Removing what is already gone succeeds.
type Remover interface {
	Remove(ctx context.Context, elements ...Element) error
}

// A Notifier is a Store that can tell when its content has changed. Notify calls
// changed, from any goroutine, once when it has begun to listen, since the content
// may have changed before, and then soon after each change, until ctx ends; then it
// returns ctx.Err(). It returns any other error when it cannot go on; the ring then
// tries again later, unless the error Is errors.ErrUnsupported: this very store has
// no news to tell. Polling goes on beside it.
type Notifier interface {
	Notify(ctx context.Context, changed func()) error
}

// A Sealer encrypts the secret part of a key before it is stored.
type Sealer interface {
	// Seal encrypts fragment, one XML element as UTF-8 without byte order mark or
	// declaration. decryptorType is the value of the attribute that tells readers
	// who can open element; element is a single XML element in UTF-8, with its
	// namespaces declared.
	Seal(ctx context.Context, keyID KeyID, fragment []byte) (decryptorType string, element []byte, err error)
}

// An Opener decrypts what a Sealer has encrypted. It returns an error that Is
// ErrNotMine if decryptorType is not of its kind or if it holds no key for the
// element; then the next Opener is asked. What such an error says beyond ErrNotMine,
// such as which certificate is missing, the operator is told if no other can open it.
// It is safe for concurrent use: a ring opens several keys at a time.
type Opener interface {
	Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error)
}

// A KeyOpener is an Opener whose format binds what is sealed to its key. It is
// called in place of Open, with the id of the key that the element stands in, and
// refuses what was sealed as another key.
type KeyOpener interface {
	OpenKey(ctx context.Context, keyID KeyID, decryptorType string, element []byte) ([]byte, error)
}

// A Recognizer is a Sealer that knows what it has sealed itself, by looking only.
// Sealed reports whether element was sealed as Seal would seal now: with the same
// certificate or secret, not with another one that the Sealer also opens. Manager.Reseal leaves such
// elements alone. Of a Sealer that is none, it leaves what the Sealer opens.
type Recognizer interface {
	Sealed(decryptorType string, element []byte) bool
}

// A Warner is a Sealer that has something to tell an operator, such as that its
// certificate is about to expire: sentences that stay the same for as long as the
// matter does. It is asked at every poll; the ring logs each sentence once, and
// Status shows it.
type Warner interface {
	Warnings(now time.Time) []string
}

// A Renewer is a Sealer or an Opener that takes what it works with from a place that
// changes, such as a folder of certificates. A ring calls Renew before each poll, in
// its background work, and tries keys again that it could not open when the
// version is another one than before. On an error what was there before stays in
// use; the ring reports the error while it lasts.
type Renewer interface {
	Renew(ctx context.Context) (version string, err error)
}

// An EscrowSink receives a copy of each new key, in clear, before the key is
// sealed and stored. It is write-only: nothing is ever read back from it. An
// error stops the creation of the key. The slice is the sink's own.
type EscrowSink interface {
	Escrow(ctx context.Context, keyID KeyID, keyElement []byte) error
}
