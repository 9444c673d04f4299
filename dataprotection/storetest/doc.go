// Package storetest checks that a dataprotection.Store keeps its contract. Call
// [Run] from a test of the store, once for each kind of medium that it works on:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
//			dir := t.TempDir()
//			return func() dataprotection.Store { return filestore.New(dir) }
//		}, storetest.Options{})
//	}
//
// It checks what can be seen from outside and with the medium in good health:
// bytes that come back as they went in, versions, conflicts, many handles at the
// same time, cancellation, and what Replacer, Remover and Notifier promise, where
// the store has these methods. A store's own tests must add its failures: a medium
// that cannot be reached, a process that is killed, an element that cannot be read.
package storetest
