// Package registrystore keeps a key ring in the registry of Windows, in the layout
// of ASP.NET Core, whose programs may use the same key: one text value an element,
// called like it.
//
// Call [New] for any key and [AutoGenKeys] for the one that a hoster provides for
// an account without a profile, such as that of an IIS application pool (sealring
// provision makes it). Registry keys are of one machine: instances on several
// machines share a directory or a database instead.
//
//	store, err := registrystore.New(`HKCU\Software\Contoso\Shop\Keys`)
//	…
//	sealer, err := dpapiseal.New(dpapiseal.User)
//	…
//	ring, err := dataprotection.Open(ctx, dataprotection.Config{Application: "shop", Store: store, Sealer: sealer})
//
// A program of 32 bits sees another HKLM\Software than one of 64 bits.
//
// # Reading and writing
//
// Every text value that is not empty is an element; other values are ignored. A
// key that is not there is an empty store; the first Add creates it, with the
// permissions of the one above. (AutoGenKeys demands the key above, which provisioning
// makes.) Changes are told to a ring at once, see [Store.Notify].
//
// Writers of one account take turns by a mutex of the system, so that Add with a
// version compares and appends at one moment, and Replace never overwrites
// what is newer. ASP.NET Core takes no such turn, nor does a program of another
// account: what they write at the very same moment may be missed by the comparison,
// and then two keys are made where one would do, both of which open everywhere.
//
// An element is durable once Add has returned: the key is flushed to the disk.
package registrystore
