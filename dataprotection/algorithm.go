package dataprotection

import (
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// An Algorithm is what a new key is used with. Keys in the ring keep the
// algorithm that they were made with; a change takes effect with the next key.
//
// Every peer of any release reads the CBC algorithms. The GCM ones are faster for
// long payloads; .NET outside Windows reads them from release 6 on.
type Algorithm uint16

// The algorithms that ASP.NET Core offers on every platform. CBC is used with
// PKCS #7 padding and an HMAC over the ciphertext, HMAC-SHA-256 unless the name
// says otherwise.
const (
	AES256CBC Algorithm = iota // the default
	AES192CBC
	AES128CBC
	AES256CBCHMACSHA512
	AES192CBCHMACSHA512
	AES128CBCHMACSHA512
	AES256GCM
	AES192GCM
	AES128GCM

	managedFirst // the descriptors of .NET's managed classes: three key sizes for each of four HMACs
	cngCBCFirst  = managedFirst + 12
	cngGCMFirst  = cngCBCFirst + 12
	noAlgorithm  = cngGCMFirst + 3
)

var (
	keySizes = []int{256, 192, 128}
	hashes   = []string{"SHA256", "SHA512", "SHA1", "SHA384"}
)

// ManagedAlgorithm is AES-CBC as .NET's managed classes describe it, for rings
// whose .NET members are configured with UseCustomCryptographicAlgorithms. The
// HMAC is "HMACSHA1", "HMACSHA256", "HMACSHA384" or "HMACSHA512". Open refuses
// the result for other names and key sizes.
func ManagedAlgorithm(keyBits int, hmac string) Algorithm {
	return variant(managedFirst, keyBits, hmac, "HMAC")
}

// CNGCBCAlgorithm is AES-CBC as Windows CNG describes it, which .NET reads on
// Windows only. The hash of the HMAC is "SHA1", "SHA256", "SHA384" or "SHA512".
func CNGCBCAlgorithm(keyBits int, hash string) Algorithm {
	return variant(cngCBCFirst, keyBits, hash, "")
}

// CNGGCMAlgorithm is AES-GCM as Windows CNG describes it, which .NET reads on Windows only.
func CNGGCMAlgorithm(keyBits int) Algorithm {
	for i, bits := range keySizes {
		if bits == keyBits {
			return cngGCMFirst + Algorithm(i)
		}
	}
	return noAlgorithm
}

func variant(first Algorithm, keyBits int, name, prefix string) Algorithm {
	for h, hash := range hashes {
		for i, bits := range keySizes {
			if bits == keyBits && prefix+hash == name {
				return first + Algorithm(h*len(keySizes)+i)
			}
		}
	}
	return noAlgorithm
}

func (a Algorithm) valid() bool { return a < noAlgorithm }

// String returns the names that the key XML has for the algorithm.
func (a Algorithm) String() string {
	if !a.valid() {
		return "unknown"
	}
	return a.xml().String()
}

// xml returns the algorithm in the words of the key XML.
func (a Algorithm) xml() keyxml.Algorithm {
	switch {
	case a < AES256GCM:
		sizes := []string{"AES_256_CBC", "AES_192_CBC", "AES_128_CBC"}
		return keyxml.Algorithm{Encryption: sizes[a%3], Validation: "HMAC" + hashes[a/3]}
	case a < managedFirst:
		sizes := []string{"AES_256_GCM", "AES_192_GCM", "AES_128_GCM"}
		return keyxml.Algorithm{Encryption: sizes[a-AES256GCM]}
	case a < cngCBCFirst:
		i := a - managedFirst
		return keyxml.Algorithm{Kind: keyxml.Managed, Encryption: "Aes", KeyBits: keySizes[i%3], Validation: "HMAC" + hashes[i/3]}
	case a < cngGCMFirst:
		i := a - cngCBCFirst
		return keyxml.Algorithm{Kind: keyxml.CNGCBC, Encryption: "AES", KeyBits: keySizes[i%3], Validation: hashes[i/3]}
	default:
		return keyxml.Algorithm{Kind: keyxml.CNGGCM, Encryption: "AES", KeyBits: keySizes[a-cngGCMFirst]}
	}
}
