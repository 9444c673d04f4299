package gorilla

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sealring/sealring/dataprotection"
)

// A Codec is a securecookie.Codec on a key ring. Make one with New; it is
// immutable and safe for concurrent use. A zero Codec returns errors.
//
// Every error is a securecookie.Error of exactly one kind:
//
//   - IsDecode: the value is damaged, expired, made for another cookie or by a
//     revoked key, or simply not ours. It Is dataprotection.ErrInvalidPayload.
//     Which it was is for the log, not for the client.
//   - IsInternal: the ring cannot judge or make a value now. It Is
//     dataprotection.ErrUnavailable. The value may be good: answer 503, and leave
//     the cookie alone.
//   - IsUsage: the program asks for what cannot be, such as a value that cannot be
//     serialized or is too long.
//
// The stores of gorilla/sessions wrap errors in a securecookie.MultiError, which
// answers the same three questions but hides the cause from errors.Is.
type Codec struct {
	cfg       Config
	protector *dataprotection.TimeLimited
}

var _ securecookie.Codec = (*Codec)(nil)

// The purposes of all values; the cookie's name follows them.
const (
	purpose = "github.com/sealring/sealring/cookieauth/gorilla"
	version = "v1"
)

// New returns a Codec, or an error that names everything that is wrong with cfg.
func New(cfg Config) (*Codec, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Codec{cfg: cfg, protector: cfg.KeyRing.Protector(purpose, version).TimeLimited()}, nil
}

// Encode serializes value and seals it for the cookie of that name. The result
// is base64url without padding. It is always the ring that seals, never a Legacy
// codec.
func (c *Codec) Encode(name string, value any) (string, error) {
	if err := c.ready(); err != nil {
		return "", err
	}
	serialized, err := c.cfg.Serializer.Serialize(value)
	if err != nil {
		return "", &codecError{usage, "the value cannot be serialized", err}
	}
	text, err := c.seal(name, serialized)
	if err != nil {
		return "", asCodecError(err)
	}
	if len(text) > c.cfg.MaxLength {
		return "", &codecError{usage, "", c.tooLong(text)}
	}
	return text, nil
}

// Decode opens a value that Encode has made for the cookie of that name, or,
// until AcceptUntil, one that a Legacy codec decodes. dst is a pointer to what
// was encoded. After an error its content is of no use.
//
// For a value that names a key the ring has not seen, Decode waits for the store,
// as Protector.Unprotect does, a few seconds at most.
func (c *Codec) Decode(name, value string, dst any) error {
	if err := c.ready(); err != nil {
		return err
	}
	serialized, err := c.open(name, value)
	if err != nil {
		if errors.Is(err, dataprotection.ErrInvalidPayload) && c.acceptsLegacy() {
			return c.decodeLegacy(name, value, dst, err)
		}
		return asCodecError(err)
	}
	if err := c.cfg.Serializer.Deserialize(serialized, dst); err != nil {
		return &codecError{decode, "the value cannot be deserialized", err}
	}
	return nil
}

// WantsReissue reports whether a value that Decode has accepted should be saved
// again: it was made by a Legacy codec, or by a key of the ring that is no longer
// the one that seals. It says nothing about values that Decode refuses. It costs
// what opening the value costs.
func (c *Codec) WantsReissue(name, value string) bool {
	if c.ready() != nil {
		return false
	}
	sealed, err := c.fromText(value)
	if err != nil {
		return c.acceptsLegacy()
	}
	info, err := c.protector.Protector(name).Inspect(context.Background(), sealed)
	if err != nil {
		return errors.Is(err, dataprotection.ErrInvalidPayload) && c.acceptsLegacy()
	}
	return info.Reprotect && !info.Revoked && !info.Expired
}

func (c *Codec) ready() error {
	if c == nil || c.protector == nil {
		return &codecError{usage, "the codec was not made by New", nil}
	}
	return nil
}

// What is sealed, time-limited to the moment of issue plus MaxAge:
//
//	BE64(issued, in Unix seconds)  serialized value
//
// The end alone would do for values of one MaxAge. The moment of issue is there
// because gorilla judges a value by the MaxAge and MinAge of its reader.
const issuedSize = 8

func (c *Codec) seal(name string, serialized []byte) (string, error) {
	now := c.cfg.Now()
	plaintext := binary.BigEndian.AppendUint64(make([]byte, 0, issuedSize+len(serialized)), uint64(now.Unix()))
	plaintext = append(plaintext, serialized...)
	sealed, err := c.protector.Protector(name).Protect(plaintext, now.Add(c.cfg.MaxAge))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

func (c *Codec) open(name, text string) ([]byte, error) {
	sealed, err := c.fromText(text)
	if err != nil {
		return nil, err
	}
	plaintext, _, err := c.protector.Protector(name).Unprotect(context.Background(), sealed)
	if err != nil {
		return nil, err
	}
	if len(plaintext) < issuedSize {
		return nil, dataprotection.ErrInvalidPayload
	}
	if err := c.judgeAge(int64(binary.BigEndian.Uint64(plaintext))); err != nil {
		return nil, err
	}
	return plaintext[issuedSize:], nil
}

// judgeAge compares whole seconds, as gorilla does: a value of exactly MaxAge or
// MinAge is good.
func (c *Codec) judgeAge(issued int64) error {
	now := c.cfg.Now().Unix()
	switch {
	case issued < now-int64(c.cfg.MaxAge/time.Second):
		return dataprotection.ErrExpired
	case c.cfg.MinAge > 0 && issued > now-int64(c.cfg.MinAge/time.Second):
		return fmt.Errorf("%w: it is too new", dataprotection.ErrInvalidPayload)
	}
	return nil
}

var strictBase64 = base64.RawURLEncoding.Strict()

// fromText refuses what is too long before it does any work. One payload has one
// text: encoding/base64 would skip line breaks.
func (c *Codec) fromText(text string) ([]byte, error) {
	if len(text) > c.cfg.MaxLength {
		return nil, fmt.Errorf("%w: %w", dataprotection.ErrInvalidPayload, c.tooLong(text))
	}
	sealed, err := strictBase64.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, dataprotection.ErrInvalidPayload
	}
	return sealed, nil
}

func (c *Codec) tooLong(text string) error {
	return fmt.Errorf("the value is too long: %d bytes, %d are allowed", len(text), c.cfg.MaxLength)
}
