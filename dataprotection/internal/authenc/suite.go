package authenc

// A Suite is a choice of algorithms. Suites are comparable.
type Suite struct {
	Mode    Mode
	Cipher  Cipher
	KeyBits int  // 128, 192 or 256 for AES; 192 for TripleDES
	Hash    Hash // of the HMAC; ignored in GCM mode
}

// A Mode is how the cipher is run and its output authenticated.
type Mode uint8

// The modes.
const (
	CBC Mode = iota // CBC with PKCS #7 padding, then HMAC
	GCM             // Galois/Counter Mode
)

// A Cipher is a block cipher.
type Cipher uint8

// The ciphers.
const (
	AES       Cipher = iota
	TripleDES        // for reading old keys only
)

// A Hash is the hash function of the HMAC.
type Hash uint8

// The hash functions.
const (
	SHA256 Hash = iota
	SHA512
	SHA1 // for reading old keys only
	SHA384
)
