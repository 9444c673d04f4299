// Package sealtest checks that a sealer, which is a dataprotection.Sealer and
// dataprotection.Opener in one, keeps its contract. Call [Run] from a test of it:
//
//	func TestContract(t *testing.T) {
//		sealtest.Run(t, func(t *testing.T) func() sealtest.Sealer {
//			secret := rand.Text()
//			return func() sealtest.Sealer {
//				s, err := secretseal.New(secret)
//				if err != nil {
//					t.Fatal(err)
//				}
//				return s
//			}
//		}, sealtest.Options{})
//	}
//
// It checks what can be seen from outside: that keys come back, in whatever layout a
// store gives to their XML; that nothing of them shows; that changed, cut and mixed
// elements are refused, and foreign ones left to others; that no error gives away
// what was sealed. A sealer's own tests must add its format, and what it says when a
// key, a device or a service is missing.
package sealtest
