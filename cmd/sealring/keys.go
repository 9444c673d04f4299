package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection"
)

func keysCommand() *cli.Command {
	return &cli.Command{
		Name:  "keys",
		Usage: "list, make, revoke, delete and reseal the keys of a ring",
		Commands: []*cli.Command{
			{Name: "list", Aliases: []string{"ls"}, Usage: "list the keys with their dates and states", Action: listKeys},
			createCommand(), revokeCommand(), deleteCommand(), resealCommand(),
		},
	}
}

// A keyRow is a key as it is printed.
type keyRow struct {
	ID        dataprotection.KeyID `json:"id"`
	State     string               `json:"state"`
	Default   bool                 `json:"default"`
	Created   time.Time            `json:"created"`
	Activates time.Time            `json:"activates"`
	Expires   time.Time            `json:"expires"`
	Revoked   bool                 `json:"revoked"`
	Algorithm string               `json:"algorithm,omitempty"`
	SealedBy  []string             `json:"sealedBy"`
	Unusable  string               `json:"unusable,omitempty"`
	Element   string               `json:"element"`
}

// A keyList is a ring as it is printed.
type keyList struct {
	Keys          []keyRow  `json:"keys"`
	RevokedBefore time.Time `json:"revokedBefore,omitzero"`
	Problems      []string  `json:"problems,omitempty"`
}

func listKeys(ctx context.Context, c *cli.Command) error {
	m, err := openManager(ctx, c, true)
	if err != nil {
		return err
	}
	listing, err := m.List(ctx)
	if err != nil {
		return err
	}
	list := newKeyList(listing, now())
	return print(c, list, list.write)
}

func newKeyList(l dataprotection.Listing, now time.Time) keyList {
	list := keyList{Keys: []keyRow{}, RevokedBefore: l.RevokedBefore}
	for _, k := range l.Keys {
		list.Keys = append(list.Keys, newKeyRow(k, k.ID == l.Default, now))
	}
	for _, p := range l.Problems {
		list.Problems = append(list.Problems, p.Error())
	}
	return list
}

func newKeyRow(k dataprotection.KeyInfo, isDefault bool, now time.Time) keyRow {
	row := keyRow{
		ID: k.ID, State: keyState(&k, isDefault, now), Default: isDefault, Created: k.Created, Activates: k.Activates, Expires: k.Expires,
		Revoked: k.Revoked, Algorithm: k.Algorithm, SealedBy: append([]string{}, k.SealedBy...), Element: k.Element,
	}
	if k.Unusable != nil {
		row.Unusable = inFlags(k.Unusable)
	}
	return row
}

// keyState says in one word what a key is good for.
func keyState(k *dataprotection.KeyInfo, isDefault bool, now time.Time) string {
	switch {
	case k.Revoked:
		return "revoked"
	case isDefault:
		return "seals"
	case k.ExpiredAt(now):
		return "expired, opens"
	case k.Activates.After(now):
		return "waits"
	}
	return "opens"
}

func (l keyList) write(w io.Writer) {
	rows := [][]string{{"KEY", "STATE", "ACTIVE FROM", "UNTIL", "AT REST", "ALGORITHM"}}
	for _, k := range l.Keys {
		rows = append(rows, []string{k.ID.String(), k.State, day(k.Activates), day(k.Expires), k.atRest(), k.Algorithm})
	}
	table(w, rows)
	if len(l.Keys) == 0 {
		fmt.Fprintln(w, "\nThe ring has no keys; the first program that opens it makes one.")
	}
	if !l.RevokedBefore.IsZero() {
		fmt.Fprintf(w, "\nAll keys created before %s are revoked.\n", moment(l.RevokedBefore))
	}
	for _, reason := range l.reasons() {
		fmt.Fprintf(w, "\n%s\n", printable(reason))
	}
	for _, p := range l.Problems {
		fmt.Fprintf(w, "\n%s\n", printable(p))
	}
}

// reasons say why keys cannot be opened, each once.
func (l keyList) reasons() (all []string) {
	var order []string
	keys := map[string][]string{}
	for _, k := range l.Keys {
		if k.Unusable == "" {
			continue
		}
		if keys[k.Unusable] == nil {
			order = append(order, k.Unusable)
		}
		keys[k.Unusable] = append(keys[k.Unusable], k.ID.String())
	}
	for _, reason := range order {
		named, said := named("key", keys[reason]), reason
		if rest, ok := strings.CutPrefix(said, "it "); ok && len(keys[reason]) > 1 {
			said = "each " + rest
		}
		all = append(all, named+" cannot be opened here: "+said)
	}
	return all
}

// named names a few things, and counts many.
func named(what string, ids []string) string {
	switch {
	case len(ids) == 1:
		return what + " " + ids[0]
	case len(ids) <= 3:
		return what + "s " + strings.Join(ids[:len(ids)-1], ", ") + " and " + ids[len(ids)-1]
	}
	return fmt.Sprintf("%d %ss (%s and others)", len(ids), what, ids[0])
}

func (k keyRow) atRest() string { return atRest(k.SealedBy) }

func atRest(sealedBy []string) string {
	if len(sealedBy) == 0 {
		return "in clear"
	}
	var all []string
	for _, name := range sealedBy {
		name = name[strings.LastIndexByte(name, '.')+1:]
		if mechanism, ok := mechanisms[name]; ok {
			name = mechanism
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

// mechanisms are what the names of types stand for (docs/formats.md, Encrypted keys).
var mechanisms = map[string]string{
	"EncryptedXmlDecryptor": "certificate", "DpapiXmlDecryptor": "DPAPI", "DpapiNGXmlDecryptor": "DPAPI-NG",
	"AzureKeyVaultXmlDecryptor": "Key Vault", "NullXmlDecryptor": "in clear on purpose", "SecretDecryptor": "secret",
}
